"""Discovery: tells who asks by UDP on which port the devices are served."""

import json
import socket
import threading

PORT = 32227
QUESTION = b"alpacadiscovery1"


class Discovery:
    """Answers questions until `stop`; `port` 0 takes a free one."""

    def __init__(self, alpaca_port: int, host: str, port: int = PORT) -> None:
        self._answer = json.dumps({"AlpacaPort": alpaca_port}).encode()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Several servers on one machine all hear a broadcast.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.port = int(self._socket.getsockname()[1])
        self._stopped = False
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._stopped = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waking:
            waking.sendto(b"", self._socket.getsockname())

    def _serve(self) -> None:
        with self._socket:
            while not self._stopped:
                question, who = self._socket.recvfrom(1024)
                if question.startswith(QUESTION):
                    self._socket.sendto(self._answer, who)
