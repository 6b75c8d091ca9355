"""A Dovecot that takes passwords and access tokens (XOAUTH2, OAUTHBEARER), checked locally with the tests' key."""

import base64
from pathlib import Path

from tests.support.dovecot import DovecotServer
from tests.support.token_server import KEY


class OAuthDovecot(DovecotServer):
    """As its parent; access tokens are those of `tests.support.token_server`."""

    def _configuration(self, certificate: Path, key: Path) -> str:
        keys = self.folder / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_text(base64.b64encode(KEY).decode())
        oauth = self.folder / "oauth2.conf"
        oauth.write_text(
            "introspection_mode = local\n"
            f"local_validation_key_dict = fs:posix:prefix={self.folder}/keys/\n"
            "username_attribute = sub\n"
        )
        passdb = f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {oauth}\n}}\n"
        usual = super()._configuration(certificate, key)
        return passdb + usual.replace(
            "auth_mechanisms = plain login", "auth_mechanisms = plain login xoauth2 oauthbearer"
        )
