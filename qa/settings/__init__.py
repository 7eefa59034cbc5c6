"""Every setting, its default and its bounds, in one frozen object.

Where a value comes from, strongest first: a command-line flag, the environment (``REFDESK_INDEX`` …), the file that
``REFDESK_CONFIG`` names, or else ``refdesk.toml`` in the working folder, the default here. All are read once, by
``read`` (``layers``); a ``refdesk eval`` run's own by ``read_with``.

The working folder may be somebody else's, so the settings remember which of them a file decided. ``set_by_files`` names
those that decide where documents and keys go; ``key_for_server`` sends no key to an address that only a file names; and
a file that is found, and not named, weakens no defence.
"""

from qa.settings.layers import FILE, read, read_with
from qa.settings.settings import Settings, SettingsError

__all__ = ["FILE", "Settings", "SettingsError", "read", "read_with"]
