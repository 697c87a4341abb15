//! Attribute-value pairs (RFC 5281 §10).

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

const VENDOR_SPECIFIC: u8 = 0x80;
const MANDATORY: u8 = 0x40;

/// Code, flags and length.
const HEADER_LEN: usize = 8;
const VENDOR_LEN: usize = 4;
const ALIGNMENT: usize = 4;

/// Microsoft's number (RFC 2548 §2).
const MICROSOFT: u32 = 311;

/// What an AVP is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AvpCode {
    /// 0 for the codes of RADIUS and Diameter (RFC 5281 §10.1).
    vendor: u32,
    code: u32,
}

impl AvpCode {
    pub(super) const USER_NAME: Self = Self::standard(1);
    pub(super) const USER_PASSWORD: Self = Self::standard(2);
    pub(super) const CHAP_PASSWORD: Self = Self::standard(3);
    pub(super) const REPLY_MESSAGE: Self = Self::standard(18);
    pub(super) const CHAP_CHALLENGE: Self = Self::standard(60);
    pub(super) const EAP_MESSAGE: Self = Self::standard(79);
    pub(super) const MS_CHAP_RESPONSE: Self = Self::microsoft(1);
    pub(super) const MS_CHAP_ERROR: Self = Self::microsoft(2);
    pub(super) const MS_CHAP_NT_ENC_PW: Self = Self::microsoft(6);
    pub(super) const MS_CHAP_CHALLENGE: Self = Self::microsoft(11);
    pub(super) const MS_CHAP2_RESPONSE: Self = Self::microsoft(25);
    pub(super) const MS_CHAP2_SUCCESS: Self = Self::microsoft(26);
    pub(super) const MS_CHAP2_CPW: Self = Self::microsoft(27);

    const fn standard(code: u32) -> Self {
        Self { vendor: 0, code }
    }

    const fn microsoft(code: u32) -> Self {
        Self { vendor: MICROSOFT, code }
    }
}

/// One AVP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Avp<'a> {
    pub(super) code: AvpCode,
    /// Whether whoever does not understand it has to give up.
    pub(super) mandatory: bool,
    pub(super) data: &'a [u8],
}

impl<'a> Avp<'a> {
    /// Splits off the first one, with its padding.
    fn split(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (header, _) = octets.split_first_chunk::<HEADER_LEN>()?;
        let [c0, c1, c2, c3, flags, l0, l1, l2] = *header;
        let len = usize::try_from(u32::from_be_bytes([0, l0, l1, l2])).ok()?;
        let (avp, rest) = octets.split_at_checked(len)?;
        let data = avp.get(HEADER_LEN..)?;
        let (vendor, data) = if flags & VENDOR_SPECIFIC == 0 {
            (0, data)
        } else {
            let (vendor, data) = data.split_first_chunk::<VENDOR_LEN>()?;
            (u32::from_be_bytes(*vendor), data)
        };
        let code = AvpCode { vendor, code: u32::from_be_bytes([c0, c1, c2, c3]) };
        // The last one's padding is missing from some peers.
        let rest = rest.get(padding(len)..).unwrap_or_default();
        Some((Self { code, mandatory: flags & MANDATORY != 0, data }, rest))
    }
}

/// The zeros that follow an AVP of this length.
fn padding(len: usize) -> usize {
    len.next_multiple_of(ALIGNMENT) - len
}

/// The AVPs of one message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Avps<'a>(Vec<Avp<'a>>);

/// Why a message is not taken. What has come through the tunnel is no forgery: it is a mistake, and
/// the end (RFC 5281 §11.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unacceptable(pub(super) &'static str);

impl<'a> Avps<'a> {
    pub(super) fn parse(mut octets: &'a [u8]) -> Result<Self, Unacceptable> {
        let mut avps = Vec::new();
        while !octets.is_empty() {
            let (avp, rest) = Avp::split(octets).ok_or(Unacceptable("malformed AVP"))?;
            avps.push(avp);
            octets = rest;
        }
        Ok(Self(avps))
    }

    /// Refuses what has to be understood and is not one of these (RFC 5281 §10.1).
    pub(super) fn understand(&self, known: &[AvpCode]) -> Result<(), Unacceptable> {
        if self.0.iter().any(|avp| avp.mandatory && !known.contains(&avp.code)) {
            return Err(Unacceptable("a mandatory AVP is not understood"));
        }
        Ok(())
    }

    /// The data of the AVP with this code. There must not be two of them, one for each of two
    /// readers.
    pub(super) fn get(&self, code: AvpCode) -> Result<Option<&'a [u8]>, Unacceptable> {
        let mut found = self.all(code);
        match (found.next(), found.next()) {
            (data, None) => Ok(data),
            (_, Some(_)) => Err(Unacceptable("an AVP is there twice")),
        }
    }

    pub(super) fn has(&self, code: AvpCode) -> bool {
        self.all(code).next().is_some()
    }

    /// The packet in EAP-Message AVPs. One has to do for a packet (RFC 5281 §11.2.1), but some
    /// implementations split it as RADIUS does.
    pub(super) fn eap_message(&self) -> Option<Vec<u8>> {
        let mut parts = self.all(AvpCode::EAP_MESSAGE).peekable();
        parts.peek()?;
        Some(parts.flatten().copied().collect())
    }

    pub(super) fn all(&self, code: AvpCode) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |avp| avp.code == code).map(|avp| avp.data)
    }
}

/// AVPs being written. Wiped when dropped: one may hold a password.
#[derive(Debug, Default)]
pub(super) struct AvpBuffer(Zeroizing<Vec<u8>>);

impl AvpBuffer {
    /// Appends an AVP, which is marked as mandatory; its data are these parts, one after the other:
    /// less than 16 MiB, or it is left out.
    #[must_use]
    pub(super) fn with(mut self, code: AvpCode, parts: &[&[u8]]) -> Self {
        let (vendor_flag, vendor) = match code.vendor {
            0 => (0, None),
            vendor => (VENDOR_SPECIFIC, Some(vendor.to_be_bytes())),
        };
        let vendor = vendor.as_ref().map_or(&[][..], |octets| octets);
        let len = HEADER_LEN + vendor.len() + parts.iter().map(|part| part.len()).sum::<usize>();
        let Some([0, l0, l1, l2]) = u32::try_from(len).ok().map(u32::to_be_bytes) else {
            return self;
        };
        // Grown once, so that nothing stays behind where it was before.
        let mut octets = Zeroizing::new(Vec::with_capacity(self.0.len() + len + ALIGNMENT));
        octets.extend_from_slice(&self.0);
        octets.extend_from_slice(&code.code.to_be_bytes());
        octets.extend_from_slice(&[vendor_flag | MANDATORY, l0, l1, l2]);
        octets.extend_from_slice(vendor);
        parts.iter().for_each(|part| octets.extend_from_slice(part));
        octets.extend(core::iter::repeat_n(0, padding(len)));
        self.0 = octets;
        self
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}
