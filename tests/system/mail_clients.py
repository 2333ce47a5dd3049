"""The mail clients of tests/servers/clients.sh."""

import os

from real_server import SCRIPTS, RealServer


class Clients(RealServer):
    """Nothing runs: they are only fetched."""

    script = "clients.sh"

    def more_arguments(self):
        return []

    def words(self, t, *command):
        """What runs COMMAND where the clients are installed and t's program is /usr/sbin/sendmail."""
        folder = os.path.join(t.folder, "clients")
        os.makedirs(folder, exist_ok=True)
        return ["/bin/bash", os.path.join(SCRIPTS, self.script), "--run", folder, self.ready[0], t.program, *command]
