"""Small configurations of FreeRADIUS with one user: its own EAP module, and eap_rs beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import eap_rs
from eap_rs import freeradius

from certificates import Certificate
from servers import SECRET

PYTHON_PATH = Path(eap_rs.__file__).parent.parent


def rlm_eap(
    folder: Path, port: int, server: Certificate, user: str, password: str, version: str
) -> Path:
    """PEAP and TTLS by `rlm_eap`, without resumption; the folder that `freeradius -d` wants."""
    # An ecdh_curve would be the only one: without, peers take X25519 at both servers.
    modules = f"""
    pap {{
    }}
    files {{
        filename = "{folder}/users"
    }}
    eap {{
        default_eap_type = peap
        max_sessions = 4096
        tls-config common {{
            certificate_file = "{server.chain}"
            private_key_file = "{server.key}"
            tls_min_version = "{version}"
            tls_max_version = "{version}"
            ecdh_curve = ""
            fragment_size = 1398
        }}
        gtc {{
            auth_type = PAP
        }}
        peap {{
            tls = common
            default_eap_type = gtc
            virtual_server = inner
        }}
        ttls {{
            tls = common
            default_eap_type = gtc
            virtual_server = inner
        }}
    }}
"""
    outer = """
    authorize {
        eap
    }
    authenticate {
        eap
    }
"""
    inner = """
server inner {
    authorize {
        eap {
            ok = return
        }
        files
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
        eap
    }
}
"""
    raddb = _write(folder, port, modules, outer, inner)
    (folder / "users").write_text(f'{user} Cleartext-Password := "{password}"\n')
    return raddb


def rlm_python3(
    folder: Path, port: int, server: Certificate, user: str, password: str, version: str
) -> Path:
    """The same by eap_rs, with no more around it than it needs."""
    modules = f"""
    python3 {{
        python_path = "{Path(__file__).parent}:{PYTHON_PATH}"
        python_path_mode = append
        module = plain
        pass_all_vps_dict = no
        mod_authorize = plain
        func_authorize = authorize
        mod_authenticate = plain
        func_authenticate = authenticate
    }}
"""
    outer, found = re.subn("^server default {$(.*)^}$", r"\1", freeradius.UNLANG, flags=re.M | re.S)
    assert found == 1
    raddb = _write(folder, port, modules, outer, "")
    settings = {
        "certificate": str(server.chain),
        "key": str(server.key),
        "user": user,
        "password": password,
        "version": version,
    }
    (folder / "plain.json").write_text(json.dumps(settings))
    return raddb


def _write(folder: Path, port: int, modules: str, outer: str, more: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
    (folder / "radiusd.conf").write_text(
        f"""
prefix = "{folder}"
logdir = "{folder}"
run_dir = "{folder}"
pidfile = "{folder}/radiusd.pid"
libdir = /usr/lib/freeradius
log {{
    destination = files
    file = "{folder}/radiusd.log"
}}
cleanup_delay = 0
max_requests = 16384
security {{
    reject_delay = 0
}}
thread pool {{
    start_servers = 4
    max_servers = 4
}}
client loopback {{
    ipaddr = 127.0.0.1
    secret = {SECRET}
    require_message_authenticator = yes
}}
modules {{
{modules}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
{outer}
}}
{more}
"""
    )
    return folder
