-- How Argo CD shows the health of what lies in fabric.equinix.com: by the conditions that every kind
-- has, and whom it waits for where it says so. Argo CD offers no library but Lua's basic one.

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
  local told = found.Reconciling or found.Ready or {message = "Ready is not known yet"}
  local message = told.message
  if status.waitingFor ~= nil and status.waitingFor ~= "Nobody" then
    message = "waiting for " .. status.waitingFor .. ": " .. message
  end
  return {status = "Progressing", message = message}
end
return {status = "Healthy", message = found.Ready.message}
