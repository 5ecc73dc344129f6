#include "../recurrence/forward.hpp"

template const charnn::OfCells<charnn::Run>& charnn::forward_passes<float>();
template const charnn::OfCells<charnn::MakeStepper>& charnn::steppers<float>();
