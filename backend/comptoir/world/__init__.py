"""The demo world: the retailer Orme, its stores, articles, people and orders, the same in tests, seeds, demo and docs.

Everything here is plain figures computed from fixed tables; nothing reads a clock, a random source or a database.
"""
