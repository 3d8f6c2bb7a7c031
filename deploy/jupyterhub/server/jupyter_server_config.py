# Formgrader's tab is a frame in JupyterLab; the hub's default header ('none') would leave it empty.
c = get_config()  # noqa: F821
c.ServerApp.tornado_settings = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
