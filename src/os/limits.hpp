#pragma once

namespace rehome::os {

// Lets this process and its children have as many files open as it may ask for. Many threads that
// walk deep trees need more than the 1,024 that are usual. Does nothing where that is refused.
void raise_descriptor_limit();

}  // namespace rehome::os
