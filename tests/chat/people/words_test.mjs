// What the page says of names that people choose: whatever they are, it says no more than the name.

import assert from "node:assert";
import { test } from "node:test";

Object.defineProperty(globalThis, "navigator", { value: { languages: [process.env.PAGE_LANGUAGE] }, configurable: true });
const { say, sayNotice, sayRoom } = await import(process.env.WORDS);

const ODD = ["constructor", "__proto__", "toString", "hasOwnProperty", "lost", "connecting", "message", "{name}"];

test("a room of any name is called by its name", () => {
  for (const room of ODD) assert.strictEqual(sayRoom(room), room);
});

test("an unknown word or notice is said as it is", () => {
  for (const key of ["constructor", "__proto__", "toString"]) {
    assert.strictEqual(say(key), key);
    assert.strictEqual(sayNotice({ notice: key, details: {}, content: "as the server says" }), "as the server says");
  }
});

test("a detail of any name is filled in", () => {
  assert.match(say("enter", { room: "constructor" }), /constructor/);
  assert.match(say("privately", { name: "__proto__" }), /__proto__/);
});

test("a room that is offered is called in the reader's language", () => {
  assert.strictEqual(sayRoom("red"), process.env.PAGE_LANGUAGE === "zh" ? "红色" : "red");
});
