"""Accounts for a class from one list: an account of the machine for everybody in it, and a row in the gradebook. Run it as root:

    .venv/bin/python deploy/jupyterhub/accounts.py students.csv --passwords new-passwords.csv

The list is the one that `nbgrader db student import` reads: its first line names the columns, of which `id` is needed. It is read as a
whole before anything is made. Accounts that are there keep their password; what is new gets one, which is written into the file that
--passwords names (for root alone), and nowhere else. The command can be repeated with a longer list.

CLASSROOM and STUDENTS are as in jupyterhub_config.py.
"""
import argparse
import csv
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_lib.grading.class_list import class_rows
from course_lib.untrusted import for_terminal

UNIX_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
FIRST_PERSON = 1000  # smaller numbers are the system's own accounts


def problem(name: str, classroom: Path) -> str:
    "Why somebody on the list cannot be a student of this machine, or nothing."
    if not UNIX_NAME.fullmatch(name):
        return "no name for an account: small letters, digits, _ and -, at most 32, a letter first"
    try: known = pwd.getpwnam(name)
    except KeyError: return ""
    if known.pw_uid < FIRST_PERSON: return "an account of the system"
    if (classroom / "course").exists() and (classroom / "course").stat().st_uid == known.pw_uid: return "the account that teaches"
    return ""


def read(file: Path, classroom: Path) -> list[str]:
    "The ids of a class list; exits with a sentence for each that cannot be an account."
    try: names = [row["id"] for row in class_rows(file.read_bytes())]
    except (OSError, ValueError) as error: sys.exit(f"{file.name}: {error}; nothing was done")
    wrong = [f"  {for_terminal(name)}: {why}" for name in names if (why := problem(name, classroom))]
    if wrong: sys.exit("\n".join([f"{file.name} has {len(wrong)} that cannot be accounts of students; nothing was done:", *wrong[:20]]))
    return names


def is_there(name: str) -> bool:
    "Whether the machine has an account of this name."
    try: return bool(pwd.getpwnam(name))
    except KeyError: return False


def make_accounts(names: list[str], group: str, passwords: Path) -> int:
    "Make the accounts that are not there, and put everybody into the group; how many are new."
    new = [name for name in names if not is_there(name)]
    if new:  # the file first: a password that nobody can read would be of no use
        with open(os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["id", "password"])
            for name in new:
                password = secrets.token_urlsafe(9)
                subprocess.run(["useradd", "--create-home", "--key", "HOME_MODE=0700", "--shell", "/bin/bash", name], check=True)
                subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True)
                table.writerow([name, password])
                file.flush()
    subprocess.run(["groupadd", "--force", group], check=True)
    for name in names: subprocess.run(["usermod", "--append", "--groups", group, name], check=True)
    return len(new)


def enter(file: Path, course: Path):
    "Enter the list into the course's gradebook, as the account to which the course directory belongs."
    owner = pwd.getpwuid(course.stat().st_uid)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        # the folder last: once it is theirs, a link of theirs could stand where the file was
        for path in copy, Path(folder): os.chown(path, owner.pw_uid, owner.pw_gid)
        nbgrader = Path(sys.executable).parent / "nbgrader"
        environment = {"HOME": owner.pw_dir, "PATH": f"{nbgrader.parent}:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        words = [str(nbgrader), "db", "student", "import", str(copy)]
        subprocess.run(["runuser", "-u", owner.pw_name, "--", *words], cwd=course, env=environment, check=True)


def main():
    "Read the list, make the accounts, enter the class."
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("list", type=Path, metavar="FILE", help="the class list, as CSV")
    parser.add_argument("--passwords", type=Path, required=True, metavar="FILE", help="a new file, for the first passwords")
    args = parser.parse_args()
    if os.getuid() != 0: sys.exit("accounts are made by root")
    classroom = Path(os.environ.get("CLASSROOM", "/srv/classroom"))
    if not (classroom / "course").is_dir(): sys.exit(f"there is no course directory in {classroom}: run prepare.sh first")
    names = read(args.list, classroom)
    if args.passwords.exists(): sys.exit(f"{args.passwords} is there already; nothing was done")
    new = make_accounts(names, os.environ.get("STUDENTS", "students"), args.passwords)
    enter(args.list, classroom / "course")
    print(f"{len(names)} students; {new} new accounts" + (f", whose first passwords are in {args.passwords}." if new else "."))


if __name__ == "__main__": main()
