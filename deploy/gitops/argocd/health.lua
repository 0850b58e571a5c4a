-- Health of the kinds in fabric.equinix.com for Argo CD: from the conditions that every kind has, and
-- from waitingFor where a kind has it. Argo CD offers only Lua's basic library.

if obj.metadata.deletionTimestamp ~= nil then
  return {status = "Progressing", message = "is being deleted"}
end
local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "the operator has not looked at it yet"}
end

local found = {}
for _, condition in ipairs(status.conditions) do
  if condition.status == "True" or condition.type == "Ready" then
    found[condition.type] = condition
  end
end

if found.Paused ~= nil then
  return {status = "Suspended", message = found.Paused.message}
end
if found.Stalled ~= nil then
  return {status = "Degraded", message = found.Stalled.message}
end
if found.Reconciling ~= nil or found.Ready == nil or found.Ready.status ~= "True" then
  local reported = found.Reconciling or found.Ready or {message = "Ready is not known yet"}
  local message = reported.message
  if status.waitingFor ~= nil and status.waitingFor ~= "Nobody" then
    message = "waiting for " .. status.waitingFor .. ": " .. message
  end
  return {status = "Progressing", message = message}
end
return {status = "Healthy", message = found.Ready.message}
