"""A script for rlm_python3: eap_rs with one user in clear text, as a user file has it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import eap_rs
from eap_rs import freeradius

SETTINGS = json.loads(Path(os.environ["PLAIN_SETTINGS"]).read_text())
TLS = eap_rs.TlsServerConfig(
    Path(SETTINGS["certificate"]).read_bytes(),
    Path(SETTINGS["key"]).read_bytes(),
    min_version=SETTINGS["version"],
    max_version=SETTINGS["version"],
)
CONFIG = eap_rs.AuthenticatorConfig(methods=["peap/gtc", "ttls/pap"], tls=TLS, backend=True)
USER, PASSWORD = SETTINGS["user"], SETTINGS["password"].encode()
HANDLER = freeradius.Handler(
    eap_rs.SessionTable(
        CONFIG, check_password=lambda who, password: (who, password) == (USER, PASSWORD)
    )
)
authorize = HANDLER.authorize
authenticate = HANDLER.authenticate
