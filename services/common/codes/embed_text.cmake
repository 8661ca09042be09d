# cmake -DIN=<text file> -DOUT=<.cc> -DNAMESPACE=<a::b> -DFUNCTION=<Name> -P embed_text.cmake
# Writes `absl::string_view NAMESPACE::FUNCTION()`, which returns the file's text.
file(READ ${IN} text)
file(WRITE ${OUT}.new
  "#include \"absl/strings/string_view.h\"\n\n"
  "namespace ${NAMESPACE} {\n\n"
  "absl::string_view ${FUNCTION}();\n"
  "absl::string_view ${FUNCTION}() {\n  return R\"text(${text})text\";\n}\n\n"
  "}  // namespace ${NAMESPACE}\n")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
file(REMOVE ${OUT}.new)
