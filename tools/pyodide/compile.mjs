// Turn zips of Python's sources into zips of its bytecode, by the Python that will run it:
//     node compile.mjs FOLDER_OF_PYODIDE IN.zip OUT.zip [IN.zip OUT.zip …]
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder, ...files] = process.argv;
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
// Without the columns of each instruction a file is a third smaller; with one seed sets come out in one order.
const python = await loadPyodide({ env: { PYTHONHASHSEED: "0", PYTHONNODEBUGRANGES: "1" } });
python.runPython(readFileSync(new URL("compile.py", import.meta.url), "utf8"));
for (let k = 0; k < files.length; k += 2) {
  python.FS.writeFile("/in.zip", readFileSync(files[k]));
  python.runPython('compile_zip("/in.zip", "/out.zip")');
  writeFileSync(files[k + 1], python.FS.readFile("/out.zip"));
}
