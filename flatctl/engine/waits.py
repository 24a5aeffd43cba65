"""What a run waits for, told when it begins and again as it gets on."""

from dataclasses import dataclass, field

from flatctl.devices.protocols import Progress
from flatctl.engine.rig import Rig
from flatctl.errors import DeviceError
from flatctl.events import Awaited, Listener, Preparation, Waiting


@dataclass
class Waits:
    """The waits of one run; made, it hears from the devices of its rig."""

    rig: Rig
    emit: Listener
    _what: Awaited = field(default=Awaited(Preparation.CAMERA), init=False)

    def __post_init__(self) -> None:
        self.rig.listen(self._hear)

    def begin(self, what: Awaited) -> None:
        """Tell what is waited for now."""
        self._what = what
        self.emit(Waiting(time=self.rig.clock.now(), what=what))

    def reach_again(self, error: DeviceError) -> None:
        """Tell that the devices are reached again after that."""
        self.begin(Awaited(Preparation.DEVICES, fault=f"{error.device}: {error.what}"))

    def _hear(self, progress: Progress) -> None:
        what = self._what
        if progress.temperature_c is not None and what.what is not Preparation.CAMERA:
            # The camera is made ready again, in the middle of something else.
            what = Awaited(Preparation.CAMERA, temperature_c=self.rig.setup.temperature_c)
        if progress.for_person:
            what = Awaited(Preparation.PICTURE if progress.picture else Preparation.ANOTHER)
        self.emit(
            Waiting(
                time=self.rig.clock.now(),
                what=what,
                present_c=progress.temperature_c,
                says=progress.words,
            )
        )
