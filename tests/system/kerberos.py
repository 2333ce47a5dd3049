"""The real Kerberos realm of tests/servers/kerberos.sh, and the Dovecot in it."""

import os
import shutil

from real_server import RealServer


class Kerberos(RealServer):
    """ports: STARTTLS."""

    script = "kerberos.sh"

    def log(self):
        return self.text("maillog")

    def environment(self, folder, tickets="good", configuration="krb5.conf"):
        """For the program: a copy in FOLDER of the cache named TICKETS (None: none), since clients write into it."""
        cache = os.path.join(folder, "tickets")
        if tickets:
            shutil.copy(os.path.join(self.folder, tickets), cache)
        return {"KRB5_CONFIG": os.path.join(self.folder, configuration), "KRB5CCNAME": "FILE:" + cache}
