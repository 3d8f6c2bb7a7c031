# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
# ---

# %% [markdown]
# # From pixels to pets
#
# > One deep lesson as a package: what happens when a neural network is trained
#
# A course that you can run, read, teach and import. It begins with a single pixel multiplied by a weight, and leads through a
# net, written by hand, that tells a handwritten 3 from a 7 in 98 cases of 100, to naming the breed of a pet with fastai:
# every idea in its order, with the failing attempt shown before the idea that mends it. Chapters are notebooks; the code
# in them is exported to a library, `course_lib`; exercises and questionnaires are checked by a grader whose marks can be
# trusted on hostile code. Nothing needs a network once it is installed.
#
# ```
# make demo    # sets everything up, trains by hand, tells pets apart, grades a small class; pictures in out/
# make lab     # opens JupyterLab on a start page: the chapters, how far you are, and the next step
# ```
#
# You need Python 3.11 or newer and make; the first run installs the rest into `.venv`. (Grading students' code needs
# bubblewrap as well, and the browser tests Chromium: `make system` installs both on Debian and Ubuntu.) The commands below
# are in `.venv/bin`; after `source .venv/bin/activate` they are found by their names. Without make, `pip install .` in an
# environment of your own brings them too, and `course lab` opens JupyterLab. `course doctor` says what is missing.
#
# ![How the two models become better, and what the net's thirty units have learned to look for: red where ink raises the sum, blue where it
# lowers it](images/demo.png)

# %% [markdown]
# ## To learn
#
# `make lab` copies the chapters into a folder of your own (`~/from_pixels_to_pets`; another one with `course lab FOLDER`) and
# opens JupyterLab on the start page. Read the chapters in order, and run each cell as you come to it; the page shows what you
# have run, answered and handed in, and what comes next.
#
# ![The start page: the next step, and each chapter with its time, the cells that have been run and the questions answered](images/start.png)
#
# | chapter | the question that it answers |
# |---|---|
# | [1 The data](1_scratch/01_data.ipynb) | How would a computer tell a 3 from a 7? |
# | [2 Gradient descent](1_scratch/02_gradient_descent.ipynb) | How can a machine make itself better? |
# | [3 A loss for yes or no](1_scratch/03_binary_loss.ipynb) | Why can accuracy not be what we descend on, and what can? |
# | [4 A few at a time](1_scratch/04_dataloader.ipynb) | How many pictures should the model look at before it takes a step? |
# | [5 One epoch, and then more](1_scratch/05_training.ipynb) | What is the loop that trains every network? |
# | [6 Optimizers](1_scratch/06_optimizers.ipynb) | How does the step become an object, and a better step? |
# | [7 The Learner](1_scratch/07_learner.ipynb) | What is inside the object that trains, reports and remembers? |
# | [8 A neural net](1_scratch/08_neural_net.ipynb) | Which tiny line between two linear layers changes everything? |
# | [9 Inside the net](1_scratch/09_inside_the_net.ipynb) | What has it learned, and what is idle in it? |
# | [10 Labels](2_pets/10_labels.ipynb) | How does a file name become the name of a breed? |
# | [11 Presizing](2_pets/11_presizing.ipynb) | How are photographs of all sizes brought to one, without spoiling them? |
# | [12 A baseline](2_pets/12_baseline.ipynb) | Why train a model before the data is clean? |
# | [13 Cross-entropy](2_pets/13_cross_entropy.ipynb) | Which loss chooses among many classes, and why the logarithm? |
# | [14 Interpretation](2_pets/14_interpretation.ipynb) | What does the model say about the data, and what follows from an analysis? |
#
# Each chapter ends with questions that tell you at once what is wrong and where to read again (`course quiz mnist_basics`
# asks them in a terminal), and some with an exercise: write the function yourself, call `check("mnist_loss")`, and read
# which mistake it is, if it is one that people make.

# %% [markdown]
# ## To teach
#
# ```
# course init my_course               # a course directory, with all assignments and questionnaires
# course lab --instructor my_course   # JupyterLab with the class in a table, Formgrader, the marks, and the manual
# ```
#
# There you generate and release assignments, collect and grade them, mark essays, write feedback and release it. The same in
# a terminal are nbgrader's commands, with `course grade NAME` for a whole class in parallel; `course marks --to moodle`, `canvas`
# or `nbgrader` writes the marks to a file. Students' code runs in a sandbox and never in a process that decides a mark.
# [Grading a course](3_teaching/36_grading_a_course.ipynb) shows a class being graded, and what has been tried against the
# grader; `settings.ini` holds [what you can set](3_teaching/20_settings.ipynb): the course's name, the exchange, limits, the
# pass mark.
#
# Instructor and students meet in nbgrader's exchange, a folder that all of them can write into. On one machine with an account
# for each, [a JupyterHub](3_teaching/45_the_hub.ipynb) gives everybody the classroom in the browser: `deploy/jupyterhub` has the
# configuration, and the page says what changes for 30 and for 300 students.
#
# ## To write questions
#
# Questions are text files in `questionnaires/`; a question is about ten lines of YAML, and `course questions check` names a
# mistake by file, line and column. [Writing questions](3_teaching/24a_writing_questions.ipynb) has a worked example.

# %% [markdown]
# ## To import
#
# Everything that the chapters build can be used on its own. Here the net, trained for three epochs:

# %%
from course_lib.demo import digit_loaders
from course_lib.scratch.binary_loss import mnist_loss
from course_lib.scratch.learner import Learner
from course_lib.scratch.neural_net import simple_net
from course_lib.scratch.training import batch_accuracy

learn = Learner(digit_loaders(), simple_net(), mnist_loss, metrics=batch_accuracy)
learn.fit(3, lr=1.0)

# %%
#| hide
assert learn.recorder.values[-1][-1] > 0.9

# %% [markdown]
# `course_lib.scratch` is written on torch's tensors and gradients only: no `torch.nn`, no `torch.optim`, no fastai.
#
# ## The data
#
# MNIST's 3s and 7s come from fastai's cache, or are downloaded the first time. Where there is neither, scikit-learn's
# handwritten digits stand in, and for the pets drawn pictures, and a line says so. To bring the real data to a machine without a network, put fastai's
# archives (`mnist_sample.tgz`, `mnist_png.tgz`, `oxford-iiit-pet.tgz`) into a folder and run `course data --from FOLDER`.
#
# ## To work on it
#
# | command | what it does |
# |---|---|
# | `make test` | notebooks and modules agree, style, every notebook runs, all tests |
# | `make docs` | builds the site in `_site/`: chapters, manual, questions, the library's pages; it needs no network |
# | `make bench` | how fast it is, as ratios against torch and fastai |
# | `make readme` | writes README.md from `nbs/index.ipynb` |
#
# [CONTRIBUTING.md](../CONTRIBUTING.md) says how to change a chapter, a question, an exercise or a known mistake.
