export function connect() { return {stop() {}}; }
