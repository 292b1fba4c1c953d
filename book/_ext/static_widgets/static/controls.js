// --- Core controls: native elements for the ipywidgets that make sense without a kernel ------------------------------

let controlCount = 0;

/** make("p", { className: "note" }, child, …) */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A number as a readout_format asks for it: the part of d3's formats that ipywidgets uses itself. */
function formatted(value, format) {
  const [, digits, kind] = /^(?:\.(\d+))?([defg%])$/.exec(format ?? "") ?? [];
  const places = Number(digits ?? 6);
  if (kind === "d") return String(Math.round(value));
  if (kind === "e") return value.toExponential(places);
  if (kind === "f") return value.toFixed(places);
  if (kind === "g") return value.toPrecision(Math.max(1, places));
  if (kind === "%") return `${(100 * value).toFixed(places)}%`;
  return String(Number(value.toPrecision(6)));
}

/** When a control tells its value: at each move, or once the reader lets go. */
const eventOf = (model) => (model.get("continuous_update") === false ? "change" : "input");

/** Put the description into `label`, which names `element`; keep all three as the model says. */
function named(model, label, element, signal) {
  model.follow("change:description change:disabled change:tooltip", () => {
    const text = model.get("description") || "";
    label[model.get("description_allow_html") ? "innerHTML" : "textContent"] = text;
    label.hidden = !text;
    element.ariaLabel = text ? null : model.get("tooltip") || model.name.replace("Model", "");
    element.title = model.get("tooltip") || "";
    element.disabled = Boolean(model.get("disabled"));
  }, signal);
}

/** One input behind its label. */
function labelled(model, el, input, signal, ...more) {
  input.id = `afm-control-${(controlCount += 1)}`;
  const label = make("label", { htmlFor: input.id });
  el.append(make("div", { className: "afm-control" }, label, input, ...more));
  named(model, label, input, signal);
}

/** Several inputs under one heading. */
function grouped(model, el, parts, signal) {
  const legend = make("legend");
  const group = make("fieldset", { className: "afm-control" }, legend, ...parts);
  el.append(group);
  named(model, legend, group, signal);
}

/** What the positions of a slider mean: numbers, powers of a base, or the options of a list. */
function scaleOf(model) {
  const same = (value) => value;
  const labels = model.get("_options_labels");
  if (labels) {
    return { trait: "index", bounds: [0, labels.length - 1, 1], inward: same, outward: same, text: (i) => labels[i] };
  }
  const base = model.get("base");
  return {
    trait: "value",
    bounds: [model.get("min"), model.get("max"), model.get("step") ?? "any"],
    inward: base ? (value) => Math.log(value) / Math.log(base) : same,
    outward: base ? (position) => base ** position : same,
    text: (value) => formatted(value, model.get("readout_format")),
  };
}

/** A slider, or one for each end of a range. */
const slider = (model, el, signal) => {
  const range = model.name.includes("Range");
  const inputs = (range ? ["from", "to"] : [null]).map((ariaLabel) => make("input", { type: "range", ariaLabel }));
  const output = make("output", { hidden: model.get("readout") === false });
  if (range) grouped(model, el, [...inputs, output], signal);
  else labelled(model, el, inputs[0], signal, output);
  const { trait } = scaleOf(model);
  const values = () => [model.get(trait)].flat();
  const show = () => {
    const { bounds, inward, text } = scaleOf(model);
    inputs.forEach((input, i) => {
      [input.min, input.max, input.step] = bounds;
      input.value = inward(values()[i]);
      input.ariaValueText = text(values()[i]);
    });
    output.textContent = values().map(text).join(" – ");
  };
  inputs.forEach((input, i) => {
    input.addEventListener("input", () => {
      const { outward, text } = scaleOf(model);
      output.textContent = inputs.map((each) => text(outward(Number(each.value)))).join(" – ");
    });
    input.addEventListener(eventOf(model), () => {
      const next = values();
      next[i] = scaleOf(model).outward(Number(input.value));
      if (range) next[i] = i === 0 ? Math.min(...next) : Math.max(...next);
      model.set(trait, range ? next : next[0]);
      show();
    });
  });
  model.follow(`change:${trait} change:min change:max change:step`, show, signal);
};

/** A number to type, kept within its bounds. */
const numberField = (model, el, signal) => {
  const input = make("input", { type: "number" });
  labelled(model, el, input, signal);
  const show = () => {
    for (const name of ["min", "max"]) input[name] = model.get(name) ?? "";
    input.step = model.get("step") ?? "any";
    if (Number(input.value) !== model.get("value") || input.value === "") input.value = model.get("value") ?? "";
  };
  input.addEventListener(eventOf(model), () => {
    const typed = model.name.includes("Int") ? Math.trunc(Number(input.value)) : Number(input.value);
    const [low, high] = [model.get("min") ?? -Infinity, model.get("max") ?? Infinity];
    if (input.value !== "") model.set("value", Math.min(high, Math.max(low, typed)));
    show();
  });
  model.follow("change:value change:min change:max change:step", show, signal);
};

/** Text to type; a Combobox offers words, and takes others. */
const textField = (tag, type) => (model, el, signal) => {
  const input = Object.assign(make(tag), type && { type }, { placeholder: model.get("placeholder") || "" });
  const words = make("datalist", {}, ...(model.get("options") ?? []).map((value) => make("option", { value })));
  labelled(model, el, input, signal);
  if (words.childElementCount) {
    words.id = `${input.id}-words`;
    input.after(words);
    input.setAttribute("list", words.id);
  }
  input.addEventListener(eventOf(model), () => model.set("value", input.value));
  model.follow("change:value", () => {
    if (input.value !== model.get("value")) input.value = model.get("value");
  }, signal);
};

const checkbox = (model, el, signal) => {
  const input = make("input", { type: "checkbox" });
  labelled(model, el, input, signal);
  input.addEventListener("change", () => model.set("value", input.checked));
  model.follow("change:value", () => (input.checked = model.get("value")), signal);
};

/** Options in a list: one, or any number. */
const list = (model, el, signal) => {
  const options = (model.get("_options_labels") ?? []).map((text) => make("option", { textContent: text }));
  const multiple = model.name === "SelectMultipleModel";
  const input = make("select", { multiple, size: model.get("rows") ?? 0 }, ...options);
  labelled(model, el, input, signal);
  input.addEventListener("change", () => {
    const chosen = [...input.selectedOptions].map((option) => option.index);
    model.set("index", multiple ? chosen : chosen[0] ?? null);
  });
  model.follow("change:index", () => {
    const chosen = [model.get("index") ?? []].flat();
    if (!chosen.length) input.selectedIndex = -1;
    options.forEach((option, i) => (option.selected = chosen.includes(i)));
  }, signal);
};

/** One of several options, all in sight. */
const radios = (model, el, signal) => {
  const name = `afm-radios-${(controlCount += 1)}`;
  const labels = model.get("_options_labels") ?? [];
  const inputs = labels.map(() => make("input", { type: "radio", name }));
  grouped(model, el, inputs.map((input, i) => make("label", {}, input, ` ${labels[i]}`)), signal);
  inputs.forEach((input, i) => input.addEventListener("change", () => model.set("index", i)));
  model.follow("change:index", () => inputs.forEach((input, i) => (input.checked = model.get("index") === i)), signal);
};

const progress = (model, el, signal) => {
  const input = make("progress");
  labelled(model, el, input, signal);
  model.follow("change:value change:min change:max", () => {
    input.max = model.get("max") - model.get("min");
    input.value = model.get("value") - model.get("min");
  }, signal);
};

/** A counter that plays when asked; one step a press for readers who want less motion. */
const play = (model, el, signal) => {
  const button = make("button", { type: "button" });
  const label = make("span");
  let timer = 0;
  const step = () => {
    const next = model.get("value") + model.get("step");
    if (next <= model.get("max")) model.set("value", next);
    else if (model.get("repeat")) model.set("value", model.get("min"));
    else model.set("playing", false);
  };
  button.addEventListener("click", () => {
    if (!model.get("playing") && matchMedia("(prefers-reduced-motion: reduce)").matches) return step();
    model.set("playing", !model.get("playing"));
    if (model.get("playing")) timer = setInterval(step, model.get("interval"));
  });
  el.append(make("div", { className: "afm-control" }, label, button));
  named(model, label, button, signal);
  model.set("playing", false);
  model.follow("change:playing", () => {
    if (!model.get("playing")) clearInterval(timer);
    button.textContent = model.get("playing") ? "Pause" : "Play";
    button.ariaLabel = `${button.textContent} ${model.get("description") || ""}`.trim();
  }, signal);
  atEnd(signal, () => clearInterval(timer));
};

/** Text, or HTML that the author of the page stored in it. */
const shown = (property, contentOf = (model) => model.get("value")) => (model, el, signal) => {
  const label = make("span");
  const place = make("div");
  el.append(make("div", { className: "afm-control" }, label, place));
  model.follow("change:description change:value", () => {
    label.textContent = model.get("description") || "";
    label.hidden = !label.textContent;
    place[property] = contentOf(model);
  }, signal);
};

/** A stored picture, film or sound. */
const media = (tag, kind) => (model, el, signal) => {
  const element = make(tag);
  for (const name of ["controls", "loop", "width", "height"]) if (model.get(name)) element[name] = model.get(name);
  el.append(element);
  let address = "";
  const forget = () => URL.revokeObjectURL(address);
  model.follow("change:value", () => {
    forget();
    const [bytes, format] = [model.get("value"), model.get("format")];
    if (!bytes) return;
    if (format === "url") return void (element.src = new TextDecoder().decode(bytes));
    const type = format === "svg" ? "image/svg+xml" : `${kind}/${format}`;
    element.src = address = URL.createObjectURL(new Blob([bytes], { type }));
  }, signal);
  element[tag === "img" ? "alt" : "ariaLabel"] = model.get("tooltip") || `stored ${kind}`;
  atEnd(signal, forget);
};

const verdict = (model) => (model.get("value") ? "✓" : `✗ ${model.get("readout")}`);

/** A button calls Python. */
const button = (model, el, signal) => {
  el.append(make("button", { type: "button", disabled: true, textContent: model.get("description") || "Button" }));
  model.send();
};

const controls = {
  IntSliderModel: slider, FloatSliderModel: slider, FloatLogSliderModel: slider, SelectionSliderModel: slider,
  IntRangeSliderModel: slider, FloatRangeSliderModel: slider, SelectionRangeSliderModel: slider,
  IntTextModel: numberField, FloatTextModel: numberField,
  BoundedIntTextModel: numberField, BoundedFloatTextModel: numberField,
  TextModel: textField("input", "text"), PasswordModel: textField("input", "password"),
  ComboboxModel: textField("input", "text"), TextareaModel: textField("textarea"),
  CheckboxModel: checkbox, ToggleButtonModel: checkbox,
  DropdownModel: list, SelectModel: list, SelectMultipleModel: list,
  RadioButtonsModel: radios, ToggleButtonsModel: radios,
  IntProgressModel: progress, FloatProgressModel: progress, PlayModel: play, ButtonModel: button,
  LabelModel: shown("textContent"), ValidModel: shown("textContent", verdict),
  HTMLModel: shown("innerHTML"), HTMLMathModel: shown("innerHTML"),
  ImageModel: media("img", "image"), VideoModel: media("video", "video"), AudioModel: media("audio", "audio"),
};
