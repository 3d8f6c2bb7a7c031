# What each user's server behind the hub is told; choose_server sets COURSE_FRAMES for those who teach, on an address of their own.
import os

c = get_config()  # noqa: F821
# A kernel speaks with its server over ports of the machine, where other accounts could listen: what it prints is encrypted
# (jupyter_client 8.10 and newer).
c.KernelManager.transport_encryption = "required"
# Formgrader's tab is a frame in JupyterLab; the hub's default header ('none') would leave it empty. 'self' is this user's own address: no
# other user's page is there. Nobody else needs frames.
if os.environ.get("COURSE_FRAMES"): c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
