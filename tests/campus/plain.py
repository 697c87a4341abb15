"""For rlm_python3: eap_rs with one user in clear text, as the user file of FreeRADIUS has it."""
import json
import os

import eap_rs
import radiusd

CONFIG = json.load(open(os.environ["PLAIN_CONFIG"]))
TABLE = eap_rs.SessionTable(
    eap_rs.AuthenticatorConfig(
        methods=["peap/gtc", "ttls/pap"],
        tls=eap_rs.TlsServerConfig(
            open(CONFIG["certificate"], "rb").read(), open(CONFIG["key"], "rb").read(),
            min_version=CONFIG["version"], max_version=CONFIG["version"],
        ),
        backend=True,
    ),
    check_password=lambda who, password: (who, password.decode()) == (CONFIG["user"], CONFIG["password"]),
)


def authorize(p):
    eap, state = "", None
    for name, value in p:
        if name == "EAP-Message":
            eap += value[2:]
        elif name == "State":
            state = bytes.fromhex(value[2:])
    reply = TABLE.handle(state, bytes.fromhex(eap))
    if isinstance(reply, eap_rs.Challenge):
        return radiusd.RLM_MODULE_HANDLED, (
            ("EAP-Message", ":=", "0x" + reply.eap_message.hex()),
            ("State", ":=", "0x" + reply.state.hex()),
            ("Message-Authenticator", ":=", "0x00"),
        ), (("Response-Packet-Type", ":=", "Access-Challenge"),)
    if isinstance(reply, eap_rs.Accept):
        return radiusd.RLM_MODULE_OK, (
            ("EAP-Message", ":=", "0x" + reply.eap_message.hex()),
            ("Message-Authenticator", ":=", "0x00"),
            ("MS-MPPE-Recv-Key", ":=", "0x" + reply.outcome.msk[:32].hex()),
            ("MS-MPPE-Send-Key", ":=", "0x" + reply.outcome.msk[32:].hex()),
        ), (("Auth-Type", ":=", "Accept"),)
    return radiusd.RLM_MODULE_REJECT
