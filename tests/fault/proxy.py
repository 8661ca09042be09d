"""A way between two processes that can be slow, silent or closed."""

import os
import select
import socket
import threading
import time


class Proxy:
    """From a port of its own, or a Unix socket, to another. `mode`: "pass", "slow" (each answer waits), "silent", "closed"."""

    def __init__(self, to, path=None):
        self.to, self.path, self.mode, self.delay = to, path, "pass", 0.0
        self._pairs, self._ended = set(), False
        self._server = self._listen()
        self.port = None if path else self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _listen(self):
        if self.path:
            server = socket.socket(socket.AF_UNIX)
            server.bind(self.path)
            os.chmod(self.path, 0o777)
        else:
            server = socket.socket()
            server.bind(("127.0.0.1", 0))
        server.listen(256)
        return server

    def become(self, mode, delay=0.0):
        self.mode, self.delay = mode, delay
        if mode == "closed":
            for pair in list(self._pairs):
                for end in pair:
                    self._shut(end)

    def close(self):
        self._ended = True
        self.become("closed")
        self._server.close()

    @staticmethod
    def _shut(end):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _accept(self):
        while not self._ended:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if self.mode == "closed":
                near.close()
                continue
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        far = socket.socket(socket.AF_UNIX if isinstance(self.to, str) else socket.AF_INET)
        pair = (near, far)
        self._pairs.add(pair)
        try:
            far.connect(self.to)
            while True:
                ready, _, _ = select.select([near, far], [], [], 1.0)
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    while self.mode == "silent":
                        time.sleep(0.05)
                    if self.mode == "slow" and end is far:
                        time.sleep(self.delay)
                    (far if end is near else near).sendall(data)
        except OSError:
            pass
        finally:
            self._pairs.discard(pair)
            for end in pair:
                self._shut(end)
                end.close()
