//! A port of the machine as packet socket, and poll(2): everything here that is `unsafe`.

use std::ffi::c_int;
use std::fs;
use std::io::{self, ErrorKind};
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use eap_rs::eapol::{ETHERTYPE, GROUP_ADDRESS, MacAddress};

/// The shortest frame without its check sequence. Drivers of virtual links do not pad.
const FRAME_MIN: usize = 60;

/// The longest frame that is looked at.
pub(crate) const FRAME_MAX: usize = 2048;

/// An Ethernet interface.
pub(crate) struct Ethernet {
    name: String,
    address: MacAddress,
    frames: OwnedFd,
    /// Says that something about a link has changed.
    links: OwnedFd,
}

/// What is known of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) is_up: bool,
    /// How often it has been lost, where the system counts: it may have come back unseen, with
    /// another device at the other end.
    losses: Option<u64>,
}

impl Ethernet {
    /// Opens the interface for EAPOL frames, or for every frame: then each of them wakes us, also
    /// those of a station that has been let in. A switch has hardware for that.
    pub(crate) fn open(name: &str, every_frame: bool) -> io::Result<Self> {
        // Protocol 0 receives nothing: no frame of another interface slips in before bind(2).
        let frames = socket(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
        let mut request = interface_request(name)?;
        ioctl(&frames, libc::SIOCGIFHWADDR, &mut request)?;
        // SAFETY: SIOCGIFHWADDR has filled this field of the union.
        let address = unsafe { request.ifr_ifru.ifru_hwaddr };
        if address.sa_family != libc::ARPHRD_ETHER {
            return Err(io::Error::new(ErrorKind::Unsupported, "not an Ethernet interface"));
        }
        let mut octets = [0; 6];
        for (octet, from) in octets.iter_mut().zip(address.sa_data) {
            [*octet] = from.to_ne_bytes();
        }
        ioctl(&frames, libc::SIOCGIFINDEX, &mut request)?;
        // SAFETY: SIOCGIFINDEX has filled this field of the union.
        let index = unsafe { request.ifr_ifru.ifru_ifindex };

        join(&frames, index, libc::PACKET_MR_MULTICAST, GROUP_ADDRESS.0)?;
        if every_frame {
            // A silent device speaks to others, not to us.
            join(&frames, index, libc::PACKET_MR_PROMISC, [0; 6])?;
        }
        let protocol = if every_frame { libc::ETH_P_ALL as u16 } else { ETHERTYPE };
        // SAFETY: for these structures of integers, zeros are valid.
        let mut local: libc::sockaddr_ll = unsafe { zeroed() };
        local.sll_family = libc::AF_PACKET as u16;
        local.sll_protocol = protocol.to_be();
        local.sll_ifindex = index;
        bind(&frames, &local)?;

        let links = socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
        // SAFETY: as above.
        let mut local: libc::sockaddr_nl = unsafe { zeroed() };
        local.nl_family = libc::AF_NETLINK as u16;
        local.nl_groups = libc::RTMGRP_LINK as u32;
        bind(&links, &local)?;
        Ok(Self { name: name.to_owned(), address: MacAddress(octets), frames, links })
    }

    /// The interface's own address.
    pub(crate) fn address(&self) -> MacAddress {
        self.address
    }

    /// Readable when a frame has come, and when a link has changed.
    pub(crate) fn descriptors(&self) -> [RawFd; 2] {
        [self.frames.as_raw_fd(), self.links.as_raw_fd()]
    }

    pub(crate) fn send(&self, frame: &[u8]) -> io::Result<()> {
        let mut padded = [0; FRAME_MIN];
        let frame = match padded.get_mut(..frame.len()) {
            Some(start) => {
                start.copy_from_slice(frame);
                &padded[..]
            }
            None => frame,
        };
        // SAFETY: the pointer and length are those of a slice, which is read only.
        let sent =
            unsafe { libc::send(self.frames.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0) };
        checked(sent).map(drop)
    }

    /// The next frame that has come from outside; `None` if there is none.
    pub(crate) fn receive<'a>(&self, buffer: &'a mut [u8; FRAME_MAX]) -> Option<&'a [u8]> {
        loop {
            // SAFETY: for this structure of integers, zeros are valid.
            let mut from: libc::sockaddr_ll = unsafe { zeroed() };
            let mut from_len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            // SAFETY: both pointers and lengths are those of values that live here, and that the
            // kernel may write as far as it is told they go.
            let len = unsafe {
                libc::recvfrom(
                    self.frames.as_raw_fd(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    0,
                    (&raw mut from).cast(),
                    &raw mut from_len,
                )
            };
            // Errors here are the link's (ENETDOWN), and come through `links` as well.
            let len = usize::try_from(len).ok()?;
            if from.sll_pkttype != libc::PACKET_OUTGOING {
                return buffer.get(..len);
            }
        }
    }

    /// The link as it is.
    pub(crate) fn link(&self) -> io::Result<Link> {
        // What changed does not matter, for the state is read afterwards.
        let mut message = [0_u8; 8192];
        loop {
            // SAFETY: the pointer and length are those of an array that the kernel may write.
            let len = unsafe {
                let message = message.as_mut_ptr().cast();
                libc::recv(self.links.as_raw_fd(), message, size_of::<[u8; 8192]>(), 0)
            };
            if len < 0 && io::Error::last_os_error().raw_os_error() != Some(libc::ENOBUFS) {
                break;
            }
        }
        let mut request = interface_request(&self.name)?;
        ioctl(&self.frames, libc::SIOCGIFFLAGS, &mut request)?;
        // SAFETY: SIOCGIFFLAGS has filled this field of the union.
        let flags = c_int::from(unsafe { request.ifr_ifru.ifru_flags });
        let up = libc::IFF_UP | libc::IFF_RUNNING;
        let losses = fs::read_to_string(format!("/sys/class/net/{}/carrier_down_count", self.name));
        let losses = losses.ok().and_then(|count| count.trim().parse().ok());
        Ok(Link { is_up: flags & up == up, losses })
    }
}

/// Waits until one of these can be read, or time is up; says which can.
pub(crate) fn wait(descriptors: &[RawFd], time: Option<Duration>) -> io::Result<Vec<bool>> {
    let mut sources: Vec<_> = descriptors
        .iter()
        .map(|fd| libc::pollfd { fd: *fd, events: libc::POLLIN, revents: 0 })
        .collect();
    // Rounded up: to wake before the deadline would be to wake twice.
    let millis = time.map_or(-1, |time| {
        c_int::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX)
    });
    // SAFETY: the pointer and length are those of a vector that the kernel may write.
    let ready = unsafe { libc::poll(sources.as_mut_ptr(), sources.len() as libc::nfds_t, millis) };
    match checked(ready as isize) {
        Ok(_) => Ok(sources.iter().map(|source| source.revents != 0).collect()),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(vec![false; sources.len()]),
        Err(error) => Err(error),
    }
}

fn socket(family: c_int, kind: c_int, protocol: c_int) -> io::Result<OwnedFd> {
    let kind = kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: takes integers.
    let fd = unsafe { libc::socket(family, kind, protocol) };
    checked(fd as isize)?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn bind<T>(socket: &OwnedFd, local: &T) -> io::Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    // SAFETY: the pointer and length are those of an address of this socket's family, which is read
    // only.
    let done = unsafe { libc::bind(socket.as_raw_fd(), std::ptr::from_ref(local).cast(), len) };
    checked(done as isize).map(drop)
}

/// PACKET_ADD_MEMBERSHIP; it ends with the socket.
fn join(socket: &OwnedFd, index: c_int, kind: c_int, address: [u8; 6]) -> io::Result<()> {
    // SAFETY: for this structure of integers, zeros are valid.
    let mut membership: libc::packet_mreq = unsafe { zeroed() };
    membership.mr_ifindex = index;
    membership.mr_type = kind as u16;
    membership.mr_alen = address.len() as u16;
    for (place, octet) in membership.mr_address.iter_mut().zip(address) {
        *place = octet;
    }
    // SAFETY: the pointer and length are those of the structure this option takes, which is read
    // only.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            (&raw const membership).cast(),
            size_of::<libc::packet_mreq>() as libc::socklen_t,
        )
    };
    checked(done as isize).map(drop)
}

fn interface_request(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: for this structure of integers, and a union of such, zeros are valid.
    let mut request: libc::ifreq = unsafe { zeroed() };
    // The last place is the end of the text.
    if name.len() >= request.ifr_name.len() || name.contains('\0') {
        return Err(io::Error::new(ErrorKind::NotFound, "no interface has such a name"));
    }
    for (place, octet) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = octet as libc::c_char;
    }
    Ok(request)
}

fn ioctl(socket: &OwnedFd, what: libc::c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: the requests made here read and write one ifreq.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), what as _, std::ptr::from_mut(request)) };
    checked(done as isize).map(drop)
}

fn checked(result: isize) -> io::Result<isize> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
