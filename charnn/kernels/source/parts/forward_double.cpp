#include "../recurrence/forward.hpp"

template const charnn::OfCells<charnn::Run>& charnn::forward_passes<double>();
template const charnn::OfCells<charnn::MakeStepper>& charnn::steppers<double>();
