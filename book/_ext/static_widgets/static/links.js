// --- jslink and jsdlink: two traits kept equal in the page -----------------------------------------------------------

function connect(model) {
  const [[source, from], [target, to]] = [model.get("source"), model.get("target")]
    .map(([reference, key]) => [findModel(reference), key]);
  const forward = () => target.set(to, source.get(from));
  source.on(`change:${from}`, forward);
  if (model.name === "LinkModel") target.on(`change:${to}`, () => source.set(from, target.get(to)));
  forward();
}
