//! Random octets.

use core::convert::Infallible;

use pyo3::PyResult;
use pyo3::exceptions::PyOSError;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::{SeedableRng, TryCryptoRng, TryRng};

/// The operating system's generator. One that was seeded would go on alike in every process that
/// `os.fork` makes: a login recorded at one of them could be replayed at another.
pub(crate) struct OsRng(UnwrapErr<SysRng>);

impl OsRng {
    /// # Errors
    /// `OSError` if the operating system has no random octets to give. It does not stop giving them
    /// once it has begun.
    pub(crate) fn new() -> PyResult<Self> {
        match SysRng.try_next_u32() {
            Ok(_) => Ok(Self::from_seed([])),
            Err(_) => Err(PyOSError::new_err("no entropy from the operating system")),
        }
    }
}

impl TryRng for OsRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(octets)
    }
}

impl TryCryptoRng for OsRng {}

/// What a table gives to each of its conversations.
impl SeedableRng for OsRng {
    type Seed = [u8; 0];

    fn from_seed(_: Self::Seed) -> Self {
        Self(UnwrapErr(SysRng))
    }
}
