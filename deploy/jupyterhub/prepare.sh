#!/bin/sh
# Makes what the hub's users share. Run it as root, and again whenever you like:
#     sh prepare.sh INSTRUCTOR [FOLDER]
# INSTRUCTOR is an account of this machine, the owner of the course directory; FOLDER holds fastai's archives, if you have them.
# CLASSROOM, INSTRUCTORS and STUDENTS are as in jupyterhub_config.py.
set -eu
umask 022
project=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$project/.venv/bin}
PATH=$bin:$PATH  # nbgrader starts alembic by its name alone
classroom=${CLASSROOM:-/srv/classroom}
instructors=${INSTRUCTORS:-instructors}
instructor=${1:?the name of the account that teaches is missing: sh prepare.sh INSTRUCTOR}
archives=${2:-}

groupadd --force "$instructors"
groupadd --force "${STUDENTS:-students}"
usermod --append --groups "$instructors" "$instructor"

install -d -m 755 "$classroom"
install -d -m 700 "$classroom/hub"
[ -e "$classroom/settings.ini" ] || install -m 644 "$project/settings.ini" "$classroom/settings.ini"

setting() { "$bin/python" -c "from course_lib.settings import load_settings; print(load_settings('$classroom/settings.ini').$1)"; }

# The course directory: keys, solutions, submissions and marks, for the instructor's eyes only; with `shared = yes` for the group's.
closed=700
[ "$(setting shared)" = False ] || closed=2770
install -d -m "$closed" -o "$instructor" -g "$instructors" "$classroom/course"
if [ ! -e "$classroom/course/settings.ini" ]; then  # which takes its place last, so that a run that was stopped is made good by the next
    (cd "$classroom" && runuser -u "$instructor" -- sh -ec '
        rm -rf course/.new; "$1" init course/.new; cd course/.new
        find . -mindepth 1 -maxdepth 1 ! -name settings.ini -exec mv -t .. {} +; mv settings.ini ..; rmdir ../.new' sh "$bin/course")
fi

# The exchange: everybody may write into it, and with the sticky bit (1) nobody may move away what is another's. The course's own
# folder is made here, because otherwise the first user to come could make it. Root follows no link that others can put there: the
# folder is new, or it is already of somebody who teaches; what is in it is made by the account that teaches.
exchange=$(setting exchange)
install -d -m 755 "$(dirname "$exchange")"
install -d -m 1777 "$exchange"
place=$exchange/$(setting course_id)

of_a_teacher() { # whether a folder, which is no link, is root's or of somebody who teaches
    [ ! -L "$1" ] || return 1
    owner=$(stat -c %U "$1")
    [ "$owner" = root ] || id -nG "$owner" | tr ' ' '\n' | grep -qxF "$instructors"
}

if ! mkdir "$place" 2>/dev/null && ! of_a_teacher "$place"; then
    echo "$place was made by somebody who does not teach. Remove it, and run this again." >&2
    exit 1
fi
chown -h "$instructor:$instructors" "$place"
runuser -u "$instructor" -- sh -ec '
    chmod 755 "$1"
    [ ! -L "$1/inbound" ] || { echo "$1/inbound is a link. Remove it, and run this again." >&2; exit 1; }
    install -d -m 3733 -g "$2" "$1/inbound"' sh "$place" "$instructors"

# The pictures, once for everybody: the real ones from the archives or the network, else the embedded samples.
export FASTAI_HOME="$classroom/fastai"
[ -z "$archives" ] || "$bin/course" data --from "$archives"
"$bin/python" -c "from course_lib.data import *; mnist_sample(); mnist(); pets(); drawn_pets()"
chmod -R a+rX "$FASTAI_HOME"
echo "$classroom is ready: $instructor teaches, and members of the group ${STUDENTS:-students} learn."
