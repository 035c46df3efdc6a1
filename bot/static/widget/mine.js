/** The applicant's own data at the service: what is kept, taking it out, erasing it. Fetched when somebody asks; the window gives what it needs. */

/** Fill `place` of the sheets with what is kept; its words come with the answer. */
export async function mine(place, sheets, { h, save, dayKey }) {
  const { widget } = sheets;
  const { conversation, texts } = widget;
  const ask = (event, body) => conversation.line.ask(event, { language: texts.language, ...body });
  const { kept, notice, says } = await ask("my_data");
  const { labels } = says;
  const name = `${texts.t("data.title")}-${dayKey(conversation.now())}`;
  const lines = (list) => list.map((text) => h("p", {}, text));
  const button = (label, act, kind = "outlined") => h("button", { type: "button", class: kind, onclick: act }, label);
  const buttons = (...list) => h("div", { class: "abreast" }, ...list);

  /** Show a step, and have it read from its beginning. */
  const turn = (...content) => {
    place.replaceChildren(...content.flat());
    place.firstElementChild.tabIndex = -1;
    place.firstElementChild.focus();
  };

  const input = (key, attributes) => {
    const id = `mine-${key}`;
    const field = h("input", { id, required: true, dir: "ltr", ...attributes });
    return [field, h("label", { for: id }, labels[key]), field];
  };

  /** Ask for proof where it is needed, then have `act` done. */
  const step = (words, label, act, ...others) => {
    const [number, ...first] = input("number", { maxlength: 64, autocomplete: "off", spellcheck: "false" });
    const [born, ...second] = input("born", { type: "date", autocomplete: "bday" });
    const go = h("button", { type: "submit", class: "solid" }, label);
    const form = h("form", { class: "enter" }, ...(kept.proof ? [...first, ...second] : []), buttons(go, ...others));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      await sheets.attempt(() => act(kept.proof ? { number: number.value, birth_date: born.value } : {}));
      go.disabled = false;
    });
    turn(lines(kept.proof ? [...words, says.prove] : words), form);
  };

  const give = async (claim) => {
    const { text, data, says: done } = await ask("give_my_data", claim);
    turn(lines([done]), buttons(
      button(`${name}.txt`, () => save(text, `${name}.txt`)),
      button(`${name}.json`, () => save(JSON.stringify(data, null, 1), `${name}.json`, "application/json")),
    ));
  };

  const erase = async (claim) => {
    // The answer has to arrive before this line hears that all is gone and begins anew.
    conversation.erasing = true;
    const { receipt, says: done } = await ask("erase_my_data", claim).finally(() => (conversation.erasing = false));
    widget.forgetDevice();
    turn(lines(done), buttons(button(labels.save, () => save(done.join("\n\n"), `${name}-${receipt}.txt`))));
  };

  place.replaceChildren(
    ...lines(says.kept),
    ...(kept ? [buttons(
      button(labels.give, () => (kept.proof ? step([], labels.go_on, give) : sheets.attempt(() => give({})))),
      button(labels.erase, () => step(says.sure, labels.erase_now, erase, button(labels.keep, () => sheets.show("data")))),
    )] : []),
    h("p", { class: "muted" }, notice.text),
  );
}
