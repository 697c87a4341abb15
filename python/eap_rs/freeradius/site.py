"""The site around a script."""

UNLANG = r"""
server default {
    authorize {
        # As Handler.authorize would have it, and cheaper.
        if (&EAP-Message) {
            update control {
                &Auth-Type := eap_rs
            }
        }
    }
    authenticate {
        Auth-Type eap_rs {
            python3 {
                notfound = 1
            }
            # rlm_python3 shows no more than 510 octets of a value: the rest has to come in pieces.
            if (notfound) {
                if ("%{EAP-Message}" =~ /^0x(.{1,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})(.{0,1000})$/) {
                    update request {
                        &Tmp-String-0 := "%{1}"
                        &Tmp-String-1 := "%{2}"
                        &Tmp-String-2 := "%{3}"
                        &Tmp-String-3 := "%{4}"
                        &Tmp-String-4 := "%{5}"
                        &Tmp-String-5 := "%{6}"
                        &Tmp-String-6 := "%{7}"
                        &Tmp-String-7 := "%{8}"
                    }
                }
                python3
            }
        }
    }
    post-auth {
        Post-Auth-Type Reject {
            # Servers before 3.2.5 sign what there is a signature for; devices drop the rest.
            update reply {
                &Message-Authenticator := 0x00
            }
        }
    }
}
"""
"""The site that `Handler` needs. Without the pieces, EAP packets over 510 octets do not arrive."""
