"Chapters 10 to 14 without a network and without photographs: they run on drawn pets, and say in one line what is missing."
import os
import subprocess
import sys
from pathlib import Path

CHAPTERS = '''
import socket, sys
from pathlib import Path

def refuse(*args, **kwargs): raise OSError("there is no network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse

import nbformat
from course_lib import pet_pictures
pet_pictures.write_pets.__defaults__ = (5,)  # 5 of each breed instead of 50,
for breed in list(pet_pictures.BREEDS)[::4]: del pet_pictures.BREEDS[breed]  # and 9 breeds instead of 12
from course_lib.pets import pretrained
pretrained.prepared.__defaults__ = (96, *pretrained.prepared.__defaults__[1:])  # and small
pretrained.features.__defaults__ = (96, *pretrained.features.__defaults__[1:])
from course_lib.pets import measuring
measuring.recognised.__defaults__ = (1,)  # once instead of three times

for chapter in sys.argv[1:]:
    names = {"__name__": "__main__"}
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type == "code" and "#| eval: false" not in cell.source: exec(compile(cell.source, chapter, "exec"), names)
    print("done:", Path(chapter).stem)
'''
PETS = Path(__file__).parents[1] / "nbs" / "2_pets"
NAMES = "10_labels", "11_presizing", "12_baseline", "13_cross_entropy", "14_interpretation"


def test_the_chapters_run_with_no_network_and_no_photographs(tmp_path):
    env = os.environ | {"FASTAI_HOME": str(tmp_path / "fastai"), "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    chapters = [str(PETS / f"{name}.ipynb") for name in NAMES]
    run = subprocess.run([sys.executable, "-c", CHAPTERS, *chapters], env=env, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    said = [line for line in run.stdout.splitlines() if "cannot be downloaded: using 600 drawn pictures" in line]
    assert len(said) == len(NAMES) and all("course data --from DIR" in line for line in said), run.stdout  # once in each chapter
    assert run.stdout.count("What you see here are drawings.") == len(NAMES)
    assert all(f"done: {name}\n" in run.stdout for name in NAMES)
