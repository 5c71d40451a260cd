"""A stand-in for a store's unix socket that can fall silent: the half-open connection, made by hand.

    hush(TO_SERVER, TO_CLIENT)   from now on nothing is forwarded in these directions on the connections there are; neither
                                 side notices. New connections work, unless `new_too`.
    let_speak()                  what was held back arrives late, in order
    cut()                        the hushed connections are closed on both sides; what was held back is lost
"""
import os
import selectors
import socket
import threading

TO_SERVER = "to server"
TO_CLIENT = "to client"
_BITE = 65536


class _Connection:
    def __init__(self, client, server):
        self.ends = {TO_SERVER: (client, server), TO_CLIENT: (server, client)}
        self.held = {TO_SERVER: b"", TO_CLIENT: b""}
        self.hushed = set()

    def sockets(self):
        return self.ends[TO_SERVER]


class Proxy:
    def __init__(self, path, target):
        self.path = str(path)
        self._target = str(target)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._wake_read, self._wake_write = os.pipe()
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._lock = threading.RLock()
        self._connections = set()
        self._hush_new = set()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # ---- what a test says --------------------------------------------------------------------------------------------

    def hush(self, *directions, new_too=False):
        """Returns how many connections fell silent."""
        with self._lock:
            for connection in self._connections:
                connection.hushed.update(directions)
            self._hush_new = set(directions) if new_too else set()
            return len(self._connections)

    def let_speak(self):
        with self._lock:
            self._hush_new = set()
            for connection in list(self._connections):
                connection.hushed.clear()
                for direction in (TO_SERVER, TO_CLIENT):
                    held, connection.held[direction] = connection.held[direction], b""
                    self._pass_on(connection, direction, held)

    def cut(self):
        """Returns how many connections were cut."""
        with self._lock:
            hushed = [connection for connection in self._connections if connection.hushed]
            self._hush_new = set()
            for connection in hushed:
                self._drop(connection)
            return len(hushed)

    def close(self):
        self._closing = True
        os.write(self._wake_write, b"x")
        self._thread.join()
        with self._lock:
            for connection in list(self._connections):
                self._drop(connection)
        self._selector.close()
        self._listener.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # ---- the thread -----------------------------------------------------------------------------------------------------

    def _serve(self):
        while not self._closing:
            for key, _ in self._selector.select():
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.data is not None:
                        self._read(key.fileobj, *key.data)

    def _accept(self):
        client, _ = self._listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self._target)
        except OSError:
            client.close()
            server.close()
            return
        connection = _Connection(client, server)
        connection.hushed |= self._hush_new
        self._connections.add(connection)
        self._selector.register(client, selectors.EVENT_READ, (connection, TO_SERVER))
        self._selector.register(server, selectors.EVENT_READ, (connection, TO_CLIENT))

    def _read(self, source, connection, direction):
        if connection not in self._connections:
            return
        try:
            data = source.recv(_BITE)
        except OSError:
            data = b""
        if data and direction in connection.hushed:
            connection.held[direction] += data
        elif data:
            self._pass_on(connection, direction, data)
        elif direction in connection.hushed:
            self._selector.unregister(source)  # the other side does not hear of this end, either
        else:
            self._drop(connection)

    def _pass_on(self, connection, direction, data):
        try:
            connection.ends[direction][1].sendall(data)
        except OSError:
            self._drop(connection)

    def _drop(self, connection):
        self._connections.discard(connection)
        for end in connection.sockets():
            try:
                self._selector.unregister(end)
            except (KeyError, ValueError):
                pass
            end.close()
