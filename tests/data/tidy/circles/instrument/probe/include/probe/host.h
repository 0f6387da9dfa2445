/* host.h - the host. */
