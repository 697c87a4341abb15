//! Sessions that are resumed, and those that must not be (CVE-2017-9148 and its family).
