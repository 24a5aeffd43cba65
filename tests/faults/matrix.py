"""What may break during a run, when, and how the run has to end: values only.

`docs/reference/survived.md` is made of this table, and every row of it is run: the rows of
`SIMULATED` in virtual time and in every phase that it matters in, those of `REAL` with real
processes, sockets and disks.
"""

from dataclasses import dataclass

START, SEARCH, CAPTURE = "start", "search", "capture"
CHANGE, DARKS, END = "filter change", "dark flats", "end"
PHASES = (START, SEARCH, CAPTURE, CHANGE, DARKS, END)

ON_CAMERA = (SEARCH, CAPTURE, DARKS)

COMPLETE, DEVICE, INCOMPLETE, STORAGE, LIGHT = 0, 4, 5, 7, 8


@dataclass(frozen=True)
class Fault:
    """Something that breaks, and in which phases; `told` where a `fault` event has to say so.

    The run ends with `exit_code`, no more than `deadline_s` later than an undisturbed one. What is
    so from the start on is a `quirk` of the simulated rig.
    """

    name: str
    phases: tuple[str, ...]
    exit_code: int = COMPLETE
    deadline_s: float = 120.0
    told: bool = True
    quirk: str = ""


@dataclass(frozen=True)
class Row:
    """One fault in one phase."""

    fault: Fault
    phase: str

    def __str__(self) -> str:
        return f"{self.fault.name}, {self.phase}"


CAMERA = (
    Fault("an exposure never ends", ON_CAMERA),
    Fault("the camera says that an exposure failed", ON_CAMERA),
    Fault("an exposure ends without a frame", ON_CAMERA),
    Fault("a frame is cut off or of a wrong size", ON_CAMERA),
    Fault("a late frame of an earlier exposure comes", ON_CAMERA),
    Fault("the camera's driver dies and is started again", (START, SEARCH, CAPTURE, CHANGE, DARKS)),
    Fault("every exposure of a filter fails", (CAPTURE,), INCOMPLETE),
    Fault("the sensor gets warm", ON_CAMERA),
    Fault("the cooler fails for good", (CAPTURE,), DEVICE, deadline_s=2500.0),
)
WHEEL = (
    Fault("the wheel stops at a wrong slot", (START, CHANGE)),
    Fault("the wheel does not arrive", (START, CHANGE)),
    Fault("the wheel never gets to one filter", (CHANGE,), INCOMPLETE, deadline_s=600.0),
    Fault("the wheel's driver dies and is started again", (START, CHANGE)),
)
SERVER = (
    Fault("the INDI server dies and is back after 10 s", (START, SEARCH, CAPTURE, CHANGE, DARKS)),
    Fault("the INDI server never comes back", (SEARCH, CAPTURE, CHANGE, DARKS), DEVICE, 300.0),
    Fault("the network is silent for a minute", (SEARCH, CAPTURE, CHANGE, DARKS), deadline_s=400.0),
)
PANEL = (
    Fault("the panel is silent once", (START, SEARCH, CHANGE, DARKS, END)),
    Fault("the panel answers garbage once", (START, SEARCH, CHANGE, DARKS, END)),
    Fault("the panel's cable is pulled, and back after 29 s", (START, SEARCH, CHANGE, DARKS, END)),
    Fault("the panel's cable is pulled for good", (SEARCH, CHANGE, DARKS, END), LIGHT),
    Fault("the panel reports what it does not do, until it is opened anew", (START, CHANGE)),
    Fault("the panel reports what it does not do, for good", (START,), INCOMPLETE),
    Fault("the lamp goes out by itself", (SEARCH, CAPTURE)),
    Fault("the wheel is turned by somebody else", (SEARCH, CAPTURE)),
    Fault("the panel is dimmed by somebody else", (SEARCH, CAPTURE)),
)
DISK = (
    Fault("the disk is full", (CAPTURE, DARKS), STORAGE, told=False),
    Fault("the output directory is gone", (SEARCH, CAPTURE, CHANGE, DARKS), STORAGE, told=False),
    Fault("the history is corrupt", (START,)),
    Fault("the history is spoilt meanwhile", (CAPTURE,), told=False),
    Fault("another program locks the history", (START, CAPTURE, CHANGE, END)),
)
SENSOR = (
    Fault("the sensor has the noise and the blemishes of CMOS", (START,), told=False, quirk="cmos"),
    Fault("the sensor has four taps and overscan", (START,), told=False, quirk="ccd"),
    Fault("two rows of the sensor are always full", (START,), told=False, quirk="hot-lines"),
    Fault("a row and a column of the sensor are dead", (START,), told=False, quirk="dead-lines"),
    Fault("a third of every frame is black", (START,), INCOMPLETE, told=False, quirk="black-rows"),
    Fault(
        "every third column of short exposures is black",
        (START,),
        INCOMPLETE,
        told=False,
        quirk="combed",
    ),
    Fault("a frame now and then is all zeros", (START,), quirk="zero-frames"),
    Fault("a frame now and then is without light", (START,), told=False, quirk="blank-frames"),
    Fault("a frame now and then is full", (START,), told=False, quirk="white-frames"),
    Fault("a third of a frame now and then is black", (START,), quirk="torn-frames"),
    Fault("the camera is full below its full scale", (START,), told=False, quirk="full-early"),
    Fault("the camera has 12 bits, which fill 16", (START,), told=False, quirk="12-bit"),
    Fault("the camera has 14 bits, which fill 16", (START,), told=False, quirk="14-in-16"),
    Fault("the driver claims 12 bits and sends 16", (START,), told=False, quirk="claims-12"),
    Fault("the pedestal moves with the exposure", (START,), told=False, quirk="pedestal-moves"),
    Fault("the cooler has no power", (START,), DEVICE, 1300.0, told=False, quirk="no-cooler"),
)
ELSEWHERE = (
    Fault("the wheel is not where it says", (START,), told=False, quirk="wheel-off"),
    Fault("no letter of the filters' names is ASCII", (START,), told=False, quirk="chinese"),
    Fault("the filters have Russian names", (START,), told=False, quirk="cyrillic"),
    Fault("the filters have Greek letters", (START,), told=False, quirk="greek"),
    Fault("the link of the camera gets slow", (START,), told=False, quirk="slow-link"),
)
SIMULATED = tuple(
    Row(fault, phase)
    for fault in (*CAMERA, *SENSOR, *WHEEL, *ELSEWHERE, *SERVER, *PANEL, *DISK)
    for phase in fault.phases
)

# What only real bytes, processes, sockets and disks can show, in the phase where it bites: what the
# engine makes of a fault is the same as above, whatever lies behind it.
PROCESSES = (
    Fault("the process that speaks INDI is killed", (CAPTURE,)),
    Fault("the process that speaks INDI crashes with SIGSEGV", (SEARCH,)),
    Fault("the process that speaks INDI aborts", (DARKS,)),
    Fault("the process that speaks INDI freezes", (CAPTURE,)),
    Fault("the camera's driver is killed", (CAPTURE,)),
    Fault("the wheel's driver is killed", (START,)),
    Fault("the wheel's driver is killed while it turns", (CHANGE,)),
    Fault("the light box's driver is killed", (SEARCH, CHANGE)),
    Fault("indiserver is killed and started again", (SEARCH, DARKS)),
    Fault("indiserver hangs for 10 s", (CAPTURE,)),
)
WIRES = (
    Fault("an exposure never ends", (CAPTURE,)),
    Fault("the camera says that an exposure failed, and sends its frame later", (CAPTURE,)),
    Fault("a frame is cut off", (SEARCH,)),
    Fault("a frame comes late, during the next exposure of the same length", (CAPTURE, DARKS)),
    Fault("every frame comes twice, the copy during the next exposure", (SEARCH, DARKS)),
    Fault("the sensor gets warm", (CAPTURE,)),
    Fault("the wheel does not arrive", (CHANGE,)),
    Fault("the connection to the INDI server is reset", (CHANGE,)),
    Fault("half a message leaves the INDI library deaf", (SEARCH,)),
    Fault("the network loses every packet of a connection", (CAPTURE,)),
)
ON_THE_LINE = (
    Fault("the panel answers garbage three times", (CHANGE,)),
    Fault("the panel answers garbage at first", (START,), LIGHT, told=False),
    Fault("the panel is silent for 10 s", (END,)),
    Fault("the panel reports what it does not do, until it is opened anew", (DARKS,)),
    Fault("the panel's cable is pulled, and back after 5 s", (CHANGE,)),
    Fault("the panel's cable is pulled for good", (SEARCH,), LIGHT),
)
OVER_ALPACA = (
    Fault("the image of a camera stands still", (CAPTURE,)),
    Fault("an image breaks off", (SEARCH, DARKS)),
    Fault("an image has other dimensions", (CAPTURE,)),
    Fault("an exposure is refused", (CAPTURE,)),
    Fault("the server answers 500 while the camera exposes", (CAPTURE,)),
    Fault("the server sends us elsewhere", (SEARCH,)),
    Fault("the server's program is ended and started again", (SEARCH, DARKS)),
    Fault("the camera's server never comes back", (CAPTURE,), DEVICE),
    Fault("the wheel does not take an order", (CHANGE,)),
    Fault("the panel has dropped us", (CHANGE,), told=False),
    Fault("the panel does what it is told and does not answer", (CHANGE,), told=False),
    Fault("the panel answers something else", (CHANGE,)),
    Fault("the panel's server never comes back", (CHANGE,), LIGHT),
)
KILLED = (
    Fault("flatctl is killed, then `flatctl safe`, then run again", (CAPTURE,)),
    Fault("the disk is full", (CAPTURE,), STORAGE, told=False),
)
QUIRKS = tuple(
    Row(fault, START)
    for fault in (
        Fault("another program left the capture format at RGB", (START,), quirk="rgb"),
        Fault("the camera streams a live view once it is connected", (START,), quirk="live-view"),
        Fault("gain and offset go by the vendor's names", (START,), quirk="vendor-names"),
        Fault("headers have cards that FITS does not know", (START,), quirk="odd-cards"),
        Fault("files end with their last pixel", (START,), quirk="unpadded"),
        Fault("the camera's clock is two hours ahead", (START,), quirk="clock-ahead"),
        Fault("headers call every frame a light", (START,), quirk="says-light"),
        Fault("every frame comes twice", (START,), quirk="twice"),
        Fault("drivers echo a switch, on and off both on", (START,), quirk="echo"),
        Fault(
            "the light box was left open and lit, and takes no order", (START,), quirk="open-lamp"
        ),
        Fault("the light box refuses to light up", (START,), INCOMPLETE, quirk="no-lamp"),
        Fault("the cap of the light box is jammed", (START,), INCOMPLETE, quirk="jammed-cap"),
        Fault("the cap moves and its driver says Alert", (START,), INCOMPLETE, quirk="alert-cap"),
        Fault("the driver knows no temperature", (START,), DEVICE, quirk="no-thermometer"),
    )
)
REAL = (
    *(
        Row(fault, phase)
        for fault in (*PROCESSES, *WIRES, *ON_THE_LINE, *KILLED)
        for phase in fault.phases
    ),
    *QUIRKS,
)

# The same over the sockets of Alpaca, by a clock of the run's own that waits for nobody.
ALPACA = tuple(Row(fault, phase) for fault in OVER_ALPACA for phase in fault.phases)

ENDS = {
    COMPLETE: "exactly the flats asked for are on disk",
    DEVICE: "exit code 4; every finished frame is safe",
    LIGHT: "exit code 8: the light may be on, and that is the last word; finished frames are safe",
    INCOMPLETE: "exit code 5: the filter is given up, the others are complete",
    STORAGE: "exit code 7; every finished frame is safe, and the next run goes on",
}
