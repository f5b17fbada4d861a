"""The protocols of the lessons as pure logic: bytes or events in, bytes or events out; no I/O and no clock."""
