"""The motorised cover of a simulated panel: it takes its time, and sticks when told to."""

from hardware_sims.light import Light


class SimulatedCover:
    """A cover that the light sits in.

    `motor_s` is how long a run takes, `stuck_moves` how many of the next moves end half-way; both
    may be changed at any time. It goes by the clock of the light.
    """

    def __init__(self, light: Light, *, motor_s: float) -> None:
        self.motor_s = motor_s
        self.stuck_moves = 0
        self.is_stuck = False
        self._light = light
        self._clock = light.now
        self._from_frac = self._goal_frac = 0.0 if light.closed else 1.0
        self._began = -1e9
        self._moving = False

    @property
    def moving(self) -> bool:
        """Whether the motor runs."""
        self._run()
        return self._moving

    @property
    def open_frac(self) -> float:
        """How far it is open: 0 closed, 1 open."""
        self._run()
        if not self._moving:
            return self._goal_frac
        done = (self._clock() - self._began) / self.motor_s
        return self._from_frac + done * (self._goal_frac - self._from_frac)

    @property
    def came_from_open(self) -> bool:
        """Whether the last move began at the open end."""
        return self._from_frac == 1.0

    def start(self, *, closed: bool) -> None:
        """Start a move; nothing happens where it is there already."""
        goal_frac = 0.0 if closed else 1.0
        if self.open_frac == goal_frac and not self._moving:
            return
        self._from_frac, self._goal_frac = self.open_frac, goal_frac
        self._began = self._clock()
        self._moving, self.is_stuck = True, False
        self._light.move_cover(closed=False)
        self._run()

    def halt(self) -> None:
        """Stop where it is."""
        self._goal_frac = self.open_frac
        self._moving = False

    def _run(self) -> None:
        if not self._moving or self._clock() - self._began < self.motor_s:
            return
        self._moving = False
        if self.stuck_moves > 0:
            self.stuck_moves -= 1
            self.is_stuck = True
            self._goal_frac = 0.5
        self._light.move_cover(closed=self._goal_frac == 0)
