// SPDX-License-Identifier: Apache-2.0
// Tables: a heading, and rows of texts or elements.

export function cell(kind, content, isNumber = false) {
  const made = document.createElement(kind);
  made.append(content);
  if (isNumber) made.className = "number";
  return made;
}

const isNumeric = (content) => typeof content === "number" || (typeof content === "string" && /^[\d.,]+( [a-z%]+)?$/i.test(content));

export function fillTable(table, headings, rows) {
  const head = document.createElement("tr");
  head.append(...headings.map((text, place) => cell("th", text, isNumeric(rows[0]?.[place]))));
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((content) => cell("td", content, isNumeric(content))));
    return line;
  });
  table.replaceChildren(head, ...lines);
}
