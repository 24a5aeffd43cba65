"""Whether anything keeps the computer's clock right, as the kernel knows it (adjtimex(2))."""

import ctypes

_UNSYNCHRONISED = 0x40
# So much room is there for what the kernel writes, whatever its version.
_ROOM = 512


class _Timex(ctypes.Structure):
    """The beginning of the kernel's `struct timex`; of the rest nothing is read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("error_max_us", ctypes.c_long),
        ("error_estimated_us", ctypes.c_long),
        ("status", ctypes.c_int),
        ("_room", ctypes.c_char * _ROOM),
    )


def clock_error_s() -> float | None:
    """Return within how many seconds the clock is right, by whatever keeps it so (NTP, GPS).

    `None` where nothing does.

    Raises:
        OSError: the kernel does not say.

    """
    state = _Timex()
    try:
        answered = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state))
    except AttributeError as error:
        raise OSError("there is no adjtimex here") from error
    if answered < 0:
        raise OSError(ctypes.get_errno(), "adjtimex does not answer")
    return None if state.status & _UNSYNCHRONISED else state.error_max_us / 1e6
