"""FreeRADIUS with its own EAP module and a user file: what the others are compared with."""

from __future__ import annotations

from pathlib import Path

from certificates import Certificate
from servers import SECRET


def write(
    folder: Path,
    port: int,
    server: Certificate,
    users: str,
    *,
    versions: tuple[str, str] = ("1.2", "1.3"),
    curve: str = "prime256v1",
    ciphers: str = "DEFAULT",
) -> Path:
    """The configuration, without resumption; the folder that `freeradius -d` wants."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
    (folder / "users").write_text(users)
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
    pap {{
    }}
    mschap {{
    }}
    files {{
        filename = "{folder}/users"
    }}
    eap {{
        default_eap_type = peap
        timer_expire = 60
        max_sessions = 4096
        tls-config common {{
            certificate_file = "{server.chain}"
            private_key_file = "{server.key}"
            tls_min_version = "{versions[0]}"
            tls_max_version = "{versions[1]}"
            ecdh_curve = "{curve}"
            cipher_list = "{ciphers}"
            fragment_size = 1398
        }}
        gtc {{
            auth_type = PAP
        }}
        mschapv2 {{
        }}
        peap {{
            tls = common
            default_eap_type = gtc
            copy_request_to_tunnel = no
            use_tunneled_reply = yes
            virtual_server = inner
        }}
        ttls {{
            tls = common
            default_eap_type = gtc
            copy_request_to_tunnel = no
            use_tunneled_reply = yes
            virtual_server = inner
        }}
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        eap
    }}
    authenticate {{
        eap
    }}
    post-auth {{
        Post-Auth-Type REJECT {{
            eap
        }}
    }}
}}
server inner {{
    authorize {{
        eap {{
            ok = return
        }}
        mschap
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
        Auth-Type MS-CHAP {{
            mschap
        }}
        eap
    }}
}}
"""
    )
    return folder
