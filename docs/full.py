"""`FULL=1 make docs`: the chapters that need the whole dataset, pretrained weights and a GPU, run before the site is built."""
def run_at_full_size(source): raise NotImplementedError
