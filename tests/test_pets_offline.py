"Chapters 10 to 14 without a network and with an empty cache: the drawn pets, announced, from file names to a cleaner."
import os
import subprocess
import sys

CHAIN = '''
import socket, sys

def refuse(*args, **kwargs): raise OSError("there is no network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse

from course_lib.data import pets, drawn_pets
from course_lib import pet_pictures
pet_pictures.write_pets.__defaults__ = (8,)  # 8 of each breed instead of 50

from course_lib.pets.baseline import pets_learner, train
from course_lib.pets.interpretation import suspects
path = pets()
assert path == drawn_pets()
learn = train(pets_learner(path, "laptop", presize=40, size=32, batch_size=16), epochs=1)
found = suspects(learn, learn.dls.valid_ds.items, count=3)
print("found", len(found), "of", len(learn.dls.vocab), "breeds")
'''


def test_everything_runs_with_no_network(tmp_path):
    env = os.environ | {"FASTAI_HOME": str(tmp_path / "fastai"), "TORCH_HOME": str(tmp_path / "torch"), "OMP_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", CHAIN], env=env, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert sum("cannot be downloaded: using 600 drawn pictures" in line for line in lines) == 1
    assert sum("random weights" in line for line in lines) == 1
    assert "found 3 of 12 breeds" in run.stdout
