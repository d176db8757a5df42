// @ts-check
import { make } from "./dom.js";
import { locale, t } from "./i18n.js";
import { noteText } from "./note_text.js";
import { clockTime } from "./times.js";

/**
 * Say why a site is as it is: the sentence, when it was, and the code for those who look it up.
 *
 * @param {HTMLElement} line
 * @param {import("./ask.js").SiteStatus["note"]} note
 * @param {number} now milliseconds since the Unix epoch
 */
export function showNote(line, note, now) {
  line.hidden = note === null;
  if (!note) return line.replaceChildren();
  const when = make("time", "", clockTime(note.at, now, locale()));
  when.dateTime = new Date(note.at).toISOString();
  return line.replaceChildren(when, ": ", t(noteText(note.code)), " ", make("code", "mono", note.code));
}
