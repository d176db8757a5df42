// @ts-check
import { byId } from "./dom.js";
import { localise } from "./i18n.js";

const PRIVACY = "https://github.com/boundgate/boundgate/blob/main/extension/PRIVACY.md";

localise(document);
Object.assign(byId("privacy-link", HTMLAnchorElement), { href: PRIVACY, target: "_blank", rel: "noreferrer" });
