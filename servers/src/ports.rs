//! Free ports on 127.0.0.1.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
};

/// Below Linux's range for outgoing connections (32768 and up), so that a server that is restarted on its port does
/// not find it taken by somebody's connection, and low enough for a Redis Cluster's bus at port + 10,000.
const PORTS: Range<u16> = 15_000..32_000;
const ATTEMPTS: u32 = 200;
/// How far above its port a Redis Cluster's node has its bus.
const BUS: u16 = 10_000;

/// A port on 127.0.0.1 that nobody listened on a moment ago. Somebody else may take it before the caller does, so the
/// caller must be ready to ask again.
pub fn free_port() -> io::Result<u16> {
    (0..ATTEMPTS)
        .map(|_| rand::random_range(PORTS))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no free port found on 127.0.0.1"))
}

/// A port as [`free_port`], whose cluster bus, 10,000 above it, is free as well and below the outgoing range too.
pub(crate) fn free_cluster_port() -> io::Result<u16> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    (0..ATTEMPTS)
        .map(|_| rand::random_range(PORTS.start..PORTS.end - BUS))
        .find(|port| is_free(*port) && is_free(*port + BUS))
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no free pair of ports found on 127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on() {
        let port = free_port().unwrap();
        assert!(PORTS.contains(&port));
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
