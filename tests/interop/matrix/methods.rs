//! The methods, and what each program has to be told about them. A family here is a section of the
//! matrix.

use super::cells::{Case, LARGE, SMALL};
use super::certificates::{CLIENT_NAME, Flaw, KeyType};
use super::pacs::PacCase;

/// Methods that a server offers together, and the peer chooses from.
pub(crate) struct Family {
    /// What the section is called.
    pub(crate) title: &'static str,
    pub(crate) methods: &'static [Method],
    /// Versions of TLS that are tried with all of them.
    pub(crate) versions: &'static [&'static str],
    /// Keys of certificates, likewise.
    pub(crate) key_types: &'static [KeyType],
    /// Whether PACs open its tunnels.
    pub(crate) has_pacs: bool,
    /// Servers that do not have them.
    pub(crate) unknown_to: &'static [&'static str],
    /// More arguments of `radius_server`.
    pub(crate) radius_server: &'static [&'static str],
    /// More arguments of `radius_peer`. PASSWORD stands for the password, CERTIFICATE and
    /// KEY for the client's files, PACS for the file with them, PROVISIONING for when new ones are
    /// taken.
    pub(crate) radius_peer: &'static [&'static str],
    /// More lines for the network block of `eapol_test`, likewise; CA stands for the CA.
    pub(crate) eapol_test: &'static str,
    /// More of its parameter phase1.
    pub(crate) phase1: &'static str,
    /// Whether tunnels are bound to what is inside, where they can be.
    pub(crate) crypto_binding: bool,
    /// What FreeRADIUS's EAP module is told, next to a tls-config named "common".
    pub(crate) freeradius: &'static str,
    /// The lines of hostapd's user file.
    pub(crate) hostapd: &'static str,
    /// How many more round trips a full login takes at least with the smaller fragments.
    pub(crate) more_round_trips_if_small: usize,
    /// What is tried with each method, one column each.
    pub(crate) cases: &'static [Case],
}

/// A method as the programs know it.
pub(crate) struct Method {
    /// Its name as our tools print it.
    pub(crate) name: &'static str,
    /// Its name on the command lines of our tools.
    pub(crate) flag: &'static str,
    /// Lines for the network block of `eapol_test`.
    pub(crate) eapol_test: &'static str,
    /// Octets of TLS in one packet.
    pub(crate) fragment_sizes: &'static [u16],
}

impl Method {
    /// The method on the command lines, without what is inside its tunnel.
    pub(crate) fn outer(&self) -> &str {
        self.flag.split('/').next().unwrap()
    }

    pub(crate) fn is_eap_tls_inside(&self) -> bool {
        self.flag.ends_with("/tls") || self.flag.ends_with("/eap-tls")
    }
}

pub(crate) const FAMILIES: [Family; 4] = [EAP_TLS, TUNNELS, PEAP_1, EAP_FAST];

const EAP_TLS: Family = Family {
    title: "EAP-TLS",
    methods: &[Method {
        name: "EAP-TLS",
        flag: "tls",
        eapol_test: "eap=TLS\n",
        fragment_sizes: &[SMALL, LARGE],
    }],
    versions: &["1.2", "1.3"],
    key_types: &[KeyType::Rsa2048, KeyType::P256],
    has_pacs: false,
    unknown_to: &[],
    radius_server: &["--client-name", CLIENT_NAME],
    radius_peer: &["--cert", "CERTIFICATE", "--key", "KEY"],
    eapol_test: "client_cert=\"CERTIFICATE\"\nprivate_key=\"KEY\"\n",
    phase1: "",
    crypto_binding: false,
    freeradius: "default_eap_type = tls\ntls {\ntls = common\n}\n",
    hostapd: "* TLS\n",
    // Each direction has more than 600 octets.
    more_round_trips_if_small: 6,
    cases: &[
        Case::Full,
        Case::Resumed,
        Case::Client(Flaw::Expired),
        Case::Client(Flaw::ForeignCa),
        Case::Client(Flaw::WrongUsage),
        Case::Client(Flaw::WrongName),
        Case::Client(Flaw::Revoked),
        Case::Server(Flaw::Expired),
        Case::Server(Flaw::ForeignCa),
        Case::Server(Flaw::WrongUsage),
        Case::Server(Flaw::WrongName),
        Case::Server(Flaw::Revoked),
    ],
};

const TUNNELS: Family = Family {
    title: "PEAP and EAP-TTLS",
    methods: &[
        Method {
            name: "PEAP with EAP-MSCHAPv2",
            flag: "peap/mschapv2",
            eapol_test: "eap=PEAP\nphase2=\"auth=MSCHAPV2\"\n",
            fragment_sizes: &[SMALL, LARGE],
        },
        Method {
            name: "PEAP with GTC",
            flag: "peap/gtc",
            eapol_test: "eap=PEAP\nphase2=\"auth=GTC\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "PEAP with MD5-Challenge",
            flag: "peap/md5",
            eapol_test: "eap=PEAP\nphase2=\"auth=MD5\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "PEAP with EAP-TLS",
            flag: "peap/tls",
            eapol_test: "eap=PEAP\nphase2=\"auth=TLS tls_disable_tlsv1_3=0\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-TTLS with PAP",
            flag: "ttls/pap",
            eapol_test: "eap=TTLS\nphase2=\"auth=PAP\"\n",
            fragment_sizes: &[SMALL, LARGE],
        },
        Method {
            name: "EAP-TTLS with CHAP",
            flag: "ttls/chap",
            eapol_test: "eap=TTLS\nphase2=\"auth=CHAP\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-TTLS with MS-CHAP",
            flag: "ttls/mschap",
            eapol_test: "eap=TTLS\nphase2=\"auth=MSCHAP\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-TTLS with MS-CHAPv2",
            flag: "ttls/mschapv2",
            eapol_test: "eap=TTLS\nphase2=\"auth=MSCHAPV2\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-TTLS with EAP-MSCHAPv2",
            flag: "ttls/eap-mschapv2",
            eapol_test: "eap=TTLS\nphase2=\"autheap=MSCHAPV2\"\n",
            fragment_sizes: &[SMALL, LARGE],
        },
        Method {
            name: "EAP-TTLS with GTC",
            flag: "ttls/eap-gtc",
            eapol_test: "eap=TTLS\nphase2=\"autheap=GTC\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-TTLS with MD5-Challenge",
            flag: "ttls/eap-md5",
            eapol_test: "eap=TTLS\nphase2=\"autheap=MD5\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-TTLS with EAP-TLS",
            flag: "ttls/eap-tls",
            eapol_test: "eap=TTLS\nphase2=\"autheap=TLS tls_disable_tlsv1_3=0\"\n",
            fragment_sizes: &[LARGE],
        },
    ],
    versions: &["1.2", "1.3"],
    key_types: &[KeyType::Rsa2048, KeyType::P256],
    has_pacs: false,
    unknown_to: &[],
    radius_server: &[],
    radius_peer: &[
        "--anonymous-identity",
        "@example.org",
        "--password",
        "PASSWORD",
        "--cert",
        "CERTIFICATE",
        "--key",
        "KEY",
    ],
    eapol_test: INSIDE,
    phase1: "",
    crypto_binding: true,
    freeradius: "
default_eap_type = peap
tls {
tls = common
}
md5 {
}
gtc {
auth_type = PAP
}
mschapv2 {
}
peap {
tls = common
default_eap_type = mschapv2
virtual_server = default
}
ttls {
tls = common
default_eap_type = mschapv2
virtual_server = default
}
",
    hostapd: "* PEAP,TTLS
\"alice\" MSCHAPV2,GTC,MD5,TLS,TTLS-PAP,TTLS-CHAP,TTLS-MSCHAP,TTLS-MSCHAPV2 \"secret\" [2]
",
    more_round_trips_if_small: 3,
    cases: &[Case::Full, Case::Resumed],
};

/// The version that Microsoft does not have. hostapd begins with it, but takes 0; here, both hostapd
/// and eapol_test are told to take no other.
const PEAP_1: Family = Family {
    title: "PEAP version 1",
    methods: &[
        Method {
            name: "PEAP with EAP-MSCHAPv2",
            flag: "peap/mschapv2",
            eapol_test: "eap=PEAP\nphase2=\"auth=MSCHAPV2\"\n",
            fragment_sizes: &[SMALL, LARGE],
        },
        Method {
            name: "PEAP with GTC",
            flag: "peap/gtc",
            eapol_test: "eap=PEAP\nphase2=\"auth=GTC\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "PEAP with MD5-Challenge",
            flag: "peap/md5",
            eapol_test: "eap=PEAP\nphase2=\"auth=MD5\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "PEAP with EAP-TLS",
            flag: "peap/tls",
            eapol_test: "eap=PEAP\nphase2=\"auth=TLS tls_disable_tlsv1_3=0\"\n",
            fragment_sizes: &[LARGE],
        },
    ],
    versions: &["1.2", "1.3"],
    key_types: &[KeyType::Rsa2048, KeyType::P256],
    has_pacs: false,
    unknown_to: &["FreeRADIUS"],
    radius_server: &["--peap-max-version", "1"],
    radius_peer: &[
        "--peap-max-version",
        "1",
        "--anonymous-identity",
        "@example.org",
        "--password",
        "PASSWORD",
        "--cert",
        "CERTIFICATE",
        "--key",
        "KEY",
    ],
    eapol_test: INSIDE,
    phase1: " peapver=1",
    crypto_binding: false,
    freeradius: "",
    hostapd: "* PEAP [ver=1]\n\"alice\" MSCHAPV2,GTC,MD5,TLS \"secret\" [2]\n",
    more_round_trips_if_small: 3,
    cases: &[Case::Full, Case::Resumed],
};

/// Without any TLS 1.3, and without the keys of certificates for which hostapd's suites of EAP-FAST
/// are not.
const EAP_FAST: Family = Family {
    title: "EAP-FAST",
    methods: &[
        Method {
            name: "EAP-FAST with EAP-MSCHAPv2",
            flag: "fast/mschapv2",
            eapol_test: "eap=FAST\nphase2=\"auth=MSCHAPV2\"\n",
            fragment_sizes: &[SMALL, LARGE],
        },
        Method {
            name: "EAP-FAST with GTC",
            flag: "fast/gtc",
            eapol_test: "eap=FAST\nphase2=\"auth=GTC\"\n",
            fragment_sizes: &[LARGE],
        },
        Method {
            name: "EAP-FAST with EAP-TLS",
            flag: "fast/tls",
            eapol_test: "eap=FAST\nphase2=\"auth=TLS\"\n",
            fragment_sizes: &[LARGE],
        },
    ],
    versions: &["1.2"],
    key_types: &[KeyType::Rsa2048],
    has_pacs: true,
    unknown_to: &[],
    radius_server: &[],
    radius_peer: &[
        "--password",
        "PASSWORD",
        "--cert",
        "CERTIFICATE",
        "--key",
        "KEY",
        "--pac-file",
        "PACS",
        "--provisioning",
        "PROVISIONING",
    ],
    eapol_test: "password=\"PASSWORD\"\nca_cert2=\"CA\"\nclient_cert2=\"CERTIFICATE\"\n\
                 private_key2=\"KEY\"\npac_file=\"PACS\"\n",
    phase1: " fast_provisioning=PROVISIONING",
    crypto_binding: true,
    freeradius: "
default_eap_type = fast
tls {
tls = common
}
gtc {
auth_type = PAP
}
mschapv2 {
}
fast {
tls = common
default_eap_type = mschapv2
virtual_server = default
pac_lifetime = 604800
authority_identity = 1234
pac_opaque_key = 0123456789abcdef0123456789ABCDEF
}
",
    hostapd: "* FAST\n\"alice\" MSCHAPV2,GTC,TLS \"secret\" [2]\n",
    more_round_trips_if_small: 3,
    cases: &[
        Case::Full,
        Case::Pac(PacCase::Authenticated),
        Case::Pac(PacCase::Anonymous),
        Case::Pac(PacCase::Renewed),
        Case::Pac(PacCase::Expired),
        Case::Pac(PacCase::Foreign),
        Case::Pac(PacCase::WrongPassword),
        Case::Server(Flaw::ForeignCa),
    ],
};

/// What eapol_test is told about the inside of a tunnel.
const INSIDE: &str = "anonymous_identity=\"@example.org\"\npassword=\"PASSWORD\"\nca_cert2=\"CA\"\n\
                      client_cert2=\"CERTIFICATE\"\nprivate_key2=\"KEY\"\n";
