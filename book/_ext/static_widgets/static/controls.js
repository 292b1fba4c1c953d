// --- Core controls: native elements for the ipywidgets that make sense without a kernel -------------------------------------

let controlCount = 0;

/** make("p", { className: "note" }, child, …) */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const shortNumber = (value) => String(Number(Number(value).toPrecision(6)));

/** Call `show` now and whenever one of the traits changes, until the view ends. */
function follow(model, names, show, signal) {
  const events = names.map((name) => `change:${name}`).join(" ");
  model.on(events, show, signal);
  signal.addEventListener("abort", () => model.off(null, null, signal));
  show();
}

/** A label, an input and, if wanted, its value beside it. */
function labelled(model, el, input, { readout } = {}) {
  input.id = `afm-control-${(controlCount += 1)}`;
  input.disabled = Boolean(model.get("disabled"));
  const label = make("label", { htmlFor: input.id, textContent: model.get("description") || "" });
  if (!model.get("description")) input.setAttribute("aria-label", model.get("tooltip") || model.name.replace("Model", ""));
  el.classList.add("afm-control");
  el.append(...(model.get("description") ? [label] : []), input);
  if (!readout || model.get("readout") === false) return () => {};
  const output = make("output", { htmlFor: input.id });
  el.append(output);
  return (text) => {
    output.textContent = text;
  };
}

/** A number: type is "range" or "number"; a logarithmic slider moves in the exponent of its base. */
const numberInput = (type, { logarithmic = false } = {}) => (model, el, signal) => {
  const input = make("input", { type });
  for (const name of ["min", "max", "step"]) {
    if (model.get(name) !== null && model.get(name) !== undefined) input[name] = model.get(name);
  }
  const say = labelled(model, el, input, { readout: type === "range" });
  const base = () => model.get("base");
  const outward = (value) => (logarithmic ? base() ** value : value);
  const inward = (value) => (logarithmic ? Math.log(value) / Math.log(base()) : value);
  input.addEventListener("input", () => {
    if (input.value !== "") model.set("value", outward(Number(input.value)));
  });
  follow(model, ["value"], () => {
    if (Number(input.value) !== inward(model.get("value"))) input.value = inward(model.get("value"));
    say(shortNumber(model.get("value")));
  }, signal);
};

/** Two ends of a range as two sliders. */
const rangeInput = (model, el, signal) => {
  const inputs = ["from", "to"].map((end) => {
    const input = make("input", { type: "range", min: model.get("min"), max: model.get("max"), step: model.get("step") });
    input.setAttribute("aria-label", `${model.get("description")} ${end}`.trim());
    return input;
  });
  const output = make("output");
  el.classList.add("afm-control");
  el.append(make("span", { textContent: model.get("description") || "" }), ...inputs, output);
  const values = () => inputs.map((input) => Number(input.value)).sort((a, b) => a - b);
  for (const input of inputs) input.addEventListener("input", () => model.set("value", values()));
  follow(model, ["value"], () => {
    if (!sameValue(values(), model.get("value"))) inputs.forEach((input, i) => (input.value = model.get("value")[i]));
    output.textContent = model.get("value").map(shortNumber).join(" – ");
  }, signal);
};

const checkbox = (model, el, signal) => {
  const input = make("input", { type: "checkbox" });
  labelled(model, el, input);
  input.addEventListener("change", () => model.set("value", input.checked));
  follow(model, ["value"], () => (input.checked = model.get("value")), signal);
};

/** One of several options, as a list. */
const select = (model, el, signal) => {
  const options = (model.get("_options_labels") || []).map((text) => make("option", { textContent: text }));
  const input = make("select", {}, ...options);
  labelled(model, el, input);
  input.addEventListener("change", () => model.set("index", input.selectedIndex));
  follow(model, ["index"], () => (input.selectedIndex = model.get("index") ?? -1), signal);
};

/** One of several options, as a slider. */
const selectionSlider = (model, el, signal) => {
  const labels = model.get("_options_labels") || [];
  const input = make("input", { type: "range", min: 0, max: labels.length - 1, step: 1 });
  const say = labelled(model, el, input, { readout: true });
  input.addEventListener("input", () => model.set("index", Number(input.value)));
  follow(model, ["index"], () => {
    input.value = model.get("index");
    input.setAttribute("aria-valuetext", labels[model.get("index")]);
    say(labels[model.get("index")]);
  }, signal);
};

/** One of several options, all in sight. */
const radios = (model, el, signal) => {
  const name = `afm-radios-${(controlCount += 1)}`;
  const inputs = (model.get("_options_labels") || []).map(() => make("input", { type: "radio", name }));
  const labels = inputs.map((input, i) => make("label", {}, input, ` ${model.get("_options_labels")[i]}`));
  el.append(make("fieldset", { className: "afm-radios" },
    make("legend", { textContent: model.get("description") || "" }), ...labels));
  inputs.forEach((input, i) => input.addEventListener("change", () => model.set("index", i)));
  follow(model, ["index"], () => inputs.forEach((input, i) => (input.checked = model.get("index") === i)), signal);
};

const textInput = (tag) => (model, el, signal) => {
  const input = make(tag, { placeholder: model.get("placeholder") || "" });
  labelled(model, el, input);
  input.addEventListener("input", () => model.set("value", input.value));
  follow(model, ["value"], () => {
    if (input.value !== model.get("value")) input.value = model.get("value");
  }, signal);
};

const progress = (model, el, signal) => {
  const input = make("progress", { max: model.get("max") - model.get("min") });
  labelled(model, el, input);
  follow(model, ["value"], () => (input.value = model.get("value") - model.get("min")), signal);
};

/** A counter that plays; one step a press for readers who want less motion. */
const play = (model, el, signal) => {
  const button = make("button", { type: "button", textContent: "Play" });
  let timer = 0;
  const step = () => {
    const next = model.get("value") + model.get("step");
    if (next <= model.get("max")) model.set("value", next);
    else if (model.get("repeat")) model.set("value", model.get("min"));
    else stop();
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return step();
    button.textContent = "Pause";
    timer = setInterval(step, model.get("interval"));
  });
  signal.addEventListener("abort", stop);
  el.append(button);
};

/** Text, or HTML that the author of the page stored in it. */
const shown = (property) => (model, el, signal) => {
  const place = make("div");
  el.append(place);
  follow(model, ["value"], () => (place[property] = model.get("value")), signal);
};

const storedImage = (model, el) => {
  const bytes = model.get("value");
  if (!bytes) return;
  const address = URL.createObjectURL(new Blob([bytes], { type: `image/${model.get("format")}` }));
  el.append(make("img", { src: address, alt: model.get("tooltip") || "stored image" }));
};

/** Children in a row, a column, a grid or under headings. */
const box = (style) => async (model, el, signal) => {
  el.classList.add("afm-box", `afm-${style}`);
  const titles = model.get("titles") || [];
  for (const [i, reference] of (model.get("children") || []).entries()) {
    const place = make("div");
    const folded = make("details", { open: i === (model.get("selected_index") ?? -1) },
      make("summary", { textContent: titles[i] || `Part ${i + 1}` }), place);
    el.append(style === "folded" ? folded : place);
    await mountInto(place, findModel(reference), signal);
  }
};

/** What was printed and shown when the notebook ran. */
const output = (model, el) => {
  for (const stored of model.get("outputs") || []) {
    const data = stored.data || {};
    if (data["image/png"]) {
      el.append(make("img", { src: `data:image/png;base64,${data["image/png"]}`, alt: data["text/plain"] || "output" }));
    } else if (data["text/html"]) el.append(make("div", { innerHTML: data["text/html"] }));
    else el.append(make("pre", { textContent: stored.text ?? data["text/plain"] ?? "" }));
  }
  el.append(make("p", { className: "afm-note", textContent: "Stored output: to change it, run the notebook." }));
};

const needsKernel = () => {
  throw new Error("a button calls Python");
};

const controls = {
  IntSliderModel: numberInput("range"), FloatSliderModel: numberInput("range"),
  FloatLogSliderModel: numberInput("range", { logarithmic: true }),
  IntRangeSliderModel: rangeInput, FloatRangeSliderModel: rangeInput,
  IntTextModel: numberInput("number"), FloatTextModel: numberInput("number"),
  BoundedIntTextModel: numberInput("number"), BoundedFloatTextModel: numberInput("number"),
  CheckboxModel: checkbox, ToggleButtonModel: checkbox, ValidModel: checkbox,
  DropdownModel: select, SelectModel: select, SelectionSliderModel: selectionSlider,
  RadioButtonsModel: radios, ToggleButtonsModel: radios,
  TextModel: textInput("input"), TextareaModel: textInput("textarea"),
  IntProgressModel: progress, FloatProgressModel: progress, PlayModel: play,
  LabelModel: shown("textContent"), HTMLModel: shown("innerHTML"), HTMLMathModel: shown("innerHTML"),
  ImageModel: storedImage, OutputModel: output, ButtonModel: needsKernel,
  BoxModel: box("row"), HBoxModel: box("row"), VBoxModel: box("column"), GridBoxModel: box("grid"),
  AccordionModel: box("folded"), TabModel: box("folded"), StackModel: box("folded"),
};
