"""Owns the traffic with the Messages API: profiles, parameters, prices, the client and its recordings."""
