"""The mask function of server and client: tornado's compiled one if it was built, else its twin in pure Python."""

from lessons.protocols.websocket_frames import MaskFunction, mask_bytes

mask: MaskFunction

try:
    from tornado.speedups import websocket_mask as mask
except ImportError:  # tornado was installed without a compiler
    mask = mask_bytes
