"""What takes the line away from our stream for a while: keys that are pressed, and Twilio's own voice at the end."""

from __future__ import annotations

import logging
import uuid

from telephony import placing
from telephony.handover import Handover
from telephony.safe_logging import where
from telephony.twilio.errors import TelephonyError
from telephony.writer import run_blocking

logger = logging.getLogger(__name__)


class Redirects:
    """Asks Twilio, and tells the handover what to expect."""

    def __init__(self, call_id: uuid.UUID, fence: int, handover: Handover) -> None:
        self._call_id = call_id
        self._fence = fence
        self._handover = handover

    async def press_keys(self, keys: str) -> bool:
        """The stream will stop, and another one come when the keys were pressed. Whether Twilio does it.

        Without an answer, or with one that may be wrong soon, the stream tells; one that stops later is waited for too.
        """
        self._handover.expect(len(keys))
        try:
            await run_blocking(placing.press_keys, self._call_id, fence=self._fence, keys=keys)
        except TelephonyError as error:
            logger.warning("call %s: Twilio did not confirm the keys: %s", self._call_id, error.code)
            if error.permanent:
                self._handover.expect_nothing()
            return self._handover.has_begun() and not error.permanent
        except Exception as error:  # whatever it was, whoever wants the keys must get an answer
            logger.warning("call %s: keys could not be pressed: %s", self._call_id, where(error))
            self._handover.expect_nothing()
            return False
        return True

    async def apologise(self) -> bool:
        """Twilio's voice takes over and hangs up. Whether it will."""
        self._handover.expect()
        try:
            await run_blocking(placing.apologise, self._call_id, fence=self._fence)
        except Exception as error:  # nobody is left to speak
            logger.warning("call %s: Twilio could not apologise: %s", self._call_id, where(error))
            return False
        return True
