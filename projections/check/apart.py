"""What lies beside check.py is not imported: whoever made the bundle may have put it there."""

import sys


def set_apart(script: str) -> None:
    """Takes the folder of the script, and the one that we are in, from where Python looks for modules.

    It comes before any other import: a json.py beside the script would be taken for the library's. With `-I` Python
    looks there for nothing from its first moment on.
    """
    if not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the script's folder, which Python puts first
    import os

    beside = {os.path.realpath(os.path.dirname(os.path.abspath(script))), os.path.realpath(os.curdir)}
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) not in beside]
