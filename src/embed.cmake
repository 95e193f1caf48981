# embed_files(NAME FILE...): makes embedded/NAME.hpp with each FILE's text as a base::EmbeddedFile, so
# that the binary needs no data directory. A changed FILE runs CMake again.
function(embed_files name)
    set(text "#pragma once\n\n#include \"base/embedded_file.hpp\"\n\n#include <array>\n\n")
    list(LENGTH ARGN count)
    string(APPEND text "namespace rehome::embedded {\n\n"
                       "inline constexpr std::array<base::EmbeddedFile, ${count}> ${name}{{\n")
    foreach(file IN LISTS ARGN)
        file(READ ${file} content)
        get_filename_component(base ${file} NAME)
        # The standard bounds one literal's length: a literal a line, joined by the compiler.
        string(REPLACE "\n" "\n)embed\"\nR\"embed(" content "${content}")
        string(APPEND text "    {\"${base}\", R\"embed(${content})embed\"},\n")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    endforeach()
    string(APPEND text "}};\n\n}  // namespace rehome::embedded\n")

    set(header ${CMAKE_BINARY_DIR}/src/embedded/${name}.hpp)
    set(old "")
    if(EXISTS ${header})
        file(READ ${header} old)
    endif()
    if(NOT old STREQUAL text)
        file(WRITE ${header} "${text}")
    endif()
endfunction()
