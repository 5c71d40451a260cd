"""What the tests that run the real programs share: private stores, their clients, the programs, waiting.

Only the standard library. A test says `sys.path.insert(0, …/tests/testing/python)` or gets PYTHONPATH from CTest.

    stores.py    a private PostgreSQL and Redis that can be killed, restarted and rolled back
    psql.py      a connection to PostgreSQL (a psql coprocess)
    resp.py      a connection to Redis
    programs.py  the release programs, and a running worker with its processes
    proxy.py     a stand-in for a store's socket that can fall silent
    waiting.py   awaiting conditions
"""
